import type { Colors } from "picocolors/types.js";

import type { RunPage } from "./run-source.js";
import { localTime, shortDuration } from "./short-time.js";
import { colorOfStatus, shownStatus } from "./status-color.js";

/** One line a run. */
export function renderRunTable(page: RunPage, colors: Colors): string {
  if (page.data.length === 0) return "there are no such runs\n";
  const functionWidth = Math.max("function".length, ...page.data.map((run) => run.functionId.length));
  const head = ["run".padEnd(26), "status".padEnd(12), "function".padEnd(functionWidth), "created".padEnd(23), "took"];
  const lines = page.data.map((run) =>
    [
      run.id.padEnd(26),
      colorOfStatus(run.status, colors)(shownStatus(run).padEnd(12)),
      run.functionId.padEnd(functionWidth),
      localTime(run.createdAt),
      run.endedAt === null ? "" : shortDuration(run.endedAt - run.createdAt),
    ]
      .join("  ")
      .trimEnd(),
  );
  const more = page.next === null ? [] : [colors.dim(`more: --cursor ${page.next}`)];
  return [colors.dim(head.join("  ")), ...lines, ...more].join("\n") + "\n";
}
