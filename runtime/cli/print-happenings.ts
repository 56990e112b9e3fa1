import type { Colors } from "picocolors/types.js";

import type { Happening } from "../engine/engine.js";
import { shortError, shortJson } from "./short-json.js";
import { clockTime, localTime, shortDuration } from "./short-time.js";
import { colorOfStatus } from "./status-color.js";

interface WatchedRun {
  /** What tells the lines of one run from those of others; its id is too long to read. */
  readonly number: number;
  readonly startedAt: number;
}

/** Runs that are remembered; older ones get a new number when they are heard of again. */
const mostRuns = 10_000;

/** Gives a function that turns what happens into one line each; runs are numbered as they appear. */
export function makeHappeningPrinter(colors: Colors): (happening: Happening) => string {
  const runs = new Map<string, WatchedRun>();
  let count = 0;
  const watch = (runId: string, at: number): WatchedRun => {
    const known = runs.get(runId);
    if (known) return known;
    const run = { number: ++count, startedAt: at };
    runs.set(runId, run);
    if (runs.size > mostRuns) for (const oldest of runs.keys()) return (runs.delete(oldest), run);
    return run;
  };

  return (happening) => {
    const line = describe(happening, colors, watch);
    if (happening.kind === "run-ended") runs.delete(happening.runId);
    return `${colors.dim(clockTime(happening.at))} ${line}`;
  };
}

function describe(happening: Happening, colors: Colors, watch: (runId: string, at: number) => WatchedRun): string {
  const tag = (of: { runId: string; functionId: string; at: number }) =>
    colors.cyan(`#${watch(of.runId, of.at).number} ${of.functionId}`);
  switch (happening.kind) {
    case "event-received":
      return `${colors.magenta(happening.name)} ${colors.dim(happening.eventId)}`;
    case "run-started": {
      const how = happening.replayed ? "continued from its journal" : `started by ${happening.eventName}`;
      return `${tag(happening)} ${how} ${colors.dim(happening.runId)}`;
    }
    case "step-completed": {
      const { stepKey, durationMs, output } = happening;
      const result = output === "null" ? "" : ` ${colors.dim(shortJson(parse(output)))}`;
      return `${tag(happening)} ${colors.green("✓")} ${stepKey} ${shortDuration(durationMs)}${result}`;
    }
    case "step-failed": {
      const { stepKey, attempt, output } = happening;
      const attempts = attempt === 0 ? "" : ` after ${attempt + 1} attempts`;
      return `${tag(happening)} ${colors.red("✗")} ${stepKey} failed${attempts}: ${shortError(parse(output))}`;
    }
    case "step-retrying":
    case "run-retrying": {
      const what = happening.kind === "step-retrying" ? happening.stepKey : "handler";
      const wait = shortDuration(happening.nextAt - happening.at);
      const error = shortError(parse(happening.error));
      return `${tag(happening)} ${colors.yellow("↻")} ${what} attempt ${happening.attempt + 1} failed: ${error}; next in ${wait}`;
    }
    case "step-waiting": {
      const until = happening.until === null ? "" : ` until ${localTime(happening.until)}`;
      return `${tag(happening)} ${colors.blue("◌")} ${happening.stepKey} ${waitVerbs[happening.on]}${until}`;
    }
    case "run-rolling-back": {
      const { status, output } = happening;
      const reason = status === "failed" ? shortError(parse(output)) : shortJson(parse(output));
      return `${tag(happening)} ${colors.yellow("↺")} rolling back, then ${status}: ${reason}`;
    }
    case "run-ended": {
      const { startedAt } = watch(happening.runId, happening.at);
      const status = colorOfStatus(happening.status, colors)(happening.status);
      return `${tag(happening)} ${status} after ${shortDuration(happening.at - startedAt)}${ending(happening, colors)}`;
    }
    case "notice":
      return `${colors.yellow(`notice[${happening.code}]`)} ${happening.message}`;
  }
}

const waitVerbs = {
  sleep: "sleeps",
  event: "waits for an event",
  run: "waits for a run",
  signal: "waits for a signal",
} as const;

function ending({ status, output }: Happening & { kind: "run-ended" }, colors: Colors): string {
  if (output === null) return "";
  const value = parse(output);
  if (status === "failed") return `: ${shortError(value)}`;
  // of a completed run it is a result, of the others a reason
  return ` ${colors.dim(status !== "completed" && typeof value === "string" ? value : shortJson(value))}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
