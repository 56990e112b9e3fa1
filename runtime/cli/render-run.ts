import type { Colors } from "picocolors/types.js";
import * as z from "zod";

import type { TimelineStep } from "../server/timeline.js";
import { hashOfKey } from "../protocol/step-hash.js";
import { renderReason, renderWaiting } from "./render-fate.js";
import type { RunDetail } from "./run-source.js";
import { shortError, shortJson } from "./short-json.js";
import { localTime, shortDuration } from "./short-time.js";
import { colorOfStatus, shownStatus } from "./status-color.js";

/** A run and its timeline, times relative to the run's creation. */
export function renderRun(run: RunDetail, colors: Colors): string {
  const width = Math.max(0, ...run.steps.map((step) => step.id.length));
  return [
    `${colors.bold(run.functionId)} ${colorOfStatus(run.status, colors)(shownStatus(run))}  ${colors.dim(run.id)}`,
    ...run.events.map((event) => `event    ${event.name} ${colors.dim(`${event.id} ${shortJson(event.data)}`)}`),
    `created  ${localTime(run.createdAt)}`,
    ...(run.endedAt === null
      ? []
      : [`ended    ${localTime(run.endedAt)} after ${shortDuration(run.endedAt - run.createdAt)}`]),
    ...(run.waitsFor === null ? delayOf(run) : [`waits    ${renderWaiting(run.waitsFor)}`]),
    ...run.failures.map(({ attempt, at, error }) => {
      const offset = `+${shortDuration(at - run.createdAt)}`.padStart(10);
      return `${colors.dim(offset)} ${colors.yellow(`↻ attempt ${attempt + 1} failed: ${shortError(error)}`)}`;
    }),
    ...run.steps.flatMap((step) => renderStep(step, run.createdAt, width, colors)),
    ...renderEnding(run, colors),
    ...run.metadata.map(({ kind, step, values }) => {
      const key = run.steps.find(({ id }) => hashOfKey(id) === step)?.id ?? step;
      return `noted    ${kind}${key === null ? "" : ` on ${key}`} ${colors.dim(shortJson(values))}`;
    }),
    "",
  ].join("\n");
}

/** The event's `ts` is later than it came. */
function delayOf({ status, startedAt, nextAt, createdAt }: RunDetail): string[] {
  const isDelayed = status === "queued" && startedAt === null && nextAt !== null && nextAt > createdAt;
  return isDelayed ? [`waits    delayed until ${localTime(nextAt)}`] : [];
}

function renderStep(step: TimelineStep, origin: number, width: number, colors: Colors): string[] {
  const failures = step.failures.map((failure) =>
    colors.yellow(
      `             ↻ attempt ${failure.attempt + 1} failed after ${shortDuration(failure.endedAt - failure.startedAt)}: ` +
        shortError(failure.error),
    ),
  );
  const offset = colors.dim(`+${shortDuration(step.startedAt - origin)}`.padStart(10));
  const name = `${step.id.padEnd(width)}  ${colors.dim(step.tool.padEnd(12))}`;
  const input = step.input === null ? [] : [colors.dim(`             input ${shortJson(step.input)}`)];
  const title = step.name === step.id ? "" : colors.dim(`  (${step.name})`);
  return [`${offset} ${markOf(step, colors)} ${name}  ${describeState(step, colors)}${title}`, ...input, ...failures];
}

function markOf(step: TimelineStep, colors: Colors): string {
  switch (step.status) {
    case "completed":
      return colors.green("✓");
    case "failed":
      return colors.red("✗");
    case "retrying":
      return colors.yellow("↻");
    case "waiting":
      return colors.blue("◌");
  }
}

function describeState(step: TimelineStep, colors: Colors): string {
  if (step.waitsFor !== null) return describeWait(step.waitsFor);
  const took = shortDuration((step.endedAt ?? step.startedAt) - step.startedAt);
  if (step.status === "failed") return `${took}  ${colors.red(shortError(step.error))}`;
  return `${took}  ${colors.dim(shortJson(step.output))}`;
}

function describeWait(wait: NonNullable<TimelineStep["waitsFor"]>): string {
  const until = wait.until === null ? "" : ` until ${localTime(wait.until)}`;
  switch (wait.kind) {
    case "time":
      return `sleeps${until}`;
    case "retry":
      return `next attempt at ${localTime(wait.until)}`;
    case "event": {
      const condition = wait.condition ?? wait.match;
      return `waits for ${wait.event}${condition === null ? "" : ` where ${condition}`}${until}`;
    }
    case "run":
      return `waits for run ${wait.runId}${until}`;
    case "signal":
      return `waits for signal ${wait.signal}${until}`;
  }
}

function renderEnding(run: RunDetail, colors: Colors): string[] {
  switch (run.status) {
    case "completed":
      return [`result   ${shortJson(run.output, 2_000)}`];
    case "failed":
      return [
        `error    ${colors.red(shortError(run.error, 2_000))}`,
        ...rollbackErrorsOf(run.error).map(({ step, error }) =>
          colors.red(`         and the rollback of \`${step}\` failed: ${shortError(error, 2_000)}`),
        ),
      ];
    case "cancelled":
    case "skipped":
      return [`reason   ${renderReason(run.reason)}`];
    default:
      return [];
  }
}

const rollbackErrorsSchema = z.object({
  rollbackErrors: z.array(z.object({ step: z.string(), error: z.unknown() })).optional(),
});

function rollbackErrorsOf(error: unknown): readonly { step: string; error: unknown }[] {
  const parsed = rollbackErrorsSchema.safeParse(error);
  return parsed.success ? (parsed.data.rollbackErrors ?? []) : [];
}
