import { formatDuration } from "../manifest/duration.js";
import type { FailedAttempt, WakeRecord } from "../store/records.js";
import type { RunSnapshot } from "../store/store.js";

/**
 * Runs as text for golden files: what happened, when (since `start`), and nothing that differs from one execution to
 * the next.
 */
export function renderRuns(runs: readonly RunSnapshot[], start: number): string {
  return runs.map((snapshot) => renderRun(snapshot, start)).join("\n");
}

function renderRun({ run, events, journal, wakes }: RunSnapshot, start: number): string {
  const at = (time: number): string => `+${formatDuration(time - start)}`;
  const ended = run.endedAt === null ? "" : ` ${at(run.endedAt)}`;
  const lines = [`${run.functionId} on ${events.map(({ name }) => name).join(", ")}: ${run.status}${ended}`];
  for (const failure of run.failures ?? [])
    lines.push(`  attempt ${failure.attempt} failed ${at(failure.at)} ${renderOutput(failure.error)}`);
  for (const step of journal) {
    const label = `  ${step.key} [${step.kind}${step.name === null ? "" : ` "${step.name}"`}]`;
    if (step.input !== undefined) lines.push(`${label} input ${step.input}`);
    for (const failure of step.failures)
      lines.push(`${label} attempt ${failure.attempt} ${renderFailure(failure, at)}`);
    lines.push(`${label} ${step.status} ${at(step.endedAt)} ${renderOutput(step.output)}`);
  }
  for (const wake of wakes) lines.push(`  ${wake.stepKey.replace("\u001f", "")} waits: ${renderWake(wake, at)}`);
  if (run.output !== null) lines.push(`  => ${renderOutput(run.output)}`);
  return `${lines.join("\n")}\n`;
}

function renderFailure({ endedAt, error }: FailedAttempt, at: (time: number) => string): string {
  return `failed ${at(endedAt)} ${renderOutput(error)}`;
}

function renderWake(wake: WakeRecord, at: (time: number) => string): string {
  const until = wake.dueAt === null ? "" : ` until ${at(wake.dueAt)}`;
  switch (wake.kind) {
    case "event":
    case "cancel":
      return `event ${wake.event} key "${wake.matchKey}" if ${wake.condition}${until}`;
    case "retry":
      return `attempt ${wake.failures.length}${until}`;
    case "deferral":
      return `end of the run, ${wake.functionId} ${wake.state} ${wake.input}`;
    case "run":
    case "sleep":
    case "signal":
    case "deadline":
      return `${wake.kind}${until}`;
  }
}

/** Ids and stacks are new each time. */
function renderOutput(output: string): string {
  return output.replace(/,?"stack":"(?:[^"\\]|\\.)*"/g, "").replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, "<id>");
}
