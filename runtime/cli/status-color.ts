import type { Formatter, Colors } from "picocolors/types.js";

import type { RunStatus } from "../store/records.js";

/** What people read: a run whose end is decided rolls back first. */
export function shownStatus(run: { readonly status: RunStatus; readonly endsAs: string | null }): string {
  return run.endsAs === null ? run.status : "rolling back";
}

/** One colour for each status, wherever it is shown. */
export function colorOfStatus(status: RunStatus, colors: Colors): Formatter {
  switch (status) {
    case "completed":
      return colors.green;
    case "failed":
      return colors.red;
    case "cancelled":
    case "skipped":
      return colors.yellow;
    case "running":
      return colors.cyan;
    case "queued":
    case "waiting":
      return colors.blue;
  }
}
