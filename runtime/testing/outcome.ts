import type { TestEnvironment } from "./test-environment.js";

/** ULIDs and UUIDs are new each time. */
const ids = /\b(?:[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;
const stacks = /,?"stack":"(?:[^"\\]|\\.)*"/g;

/**
 * What a scenario came to, as lines to be compared: its own result, the runs with their results and journals, the events that they
 * sent. Without times, ids and the order of what ran side by side: those may differ after a crash.
 */
export async function describeOutcome(
  t: TestEnvironment,
  result: unknown,
  normalize: (text: string) => string,
): Promise<readonly string[]> {
  const show = (value: unknown): string =>
    normalize((JSON.stringify(value) ?? "null").replace(stacks, "").replace(ids, "<id>"));
  const runs = (await t.runs()).map(({ functionId, status, events, result, error, steps, waits }) => {
    const lines = [
      `run of ${functionId} on ${events.map(({ name, data }) => `${name} ${show(data)}`).join(", ")}: ${status}`,
      ...steps
        .map(({ id, tool, status, result, error, failures }) => {
          const failed =
            failures.length === 0 ? "" : ` after ${failures.map((each) => show(each.error.message)).join(", ")}`;
          return `  step ${id} [${tool}] ${status} ${show(status === "completed" ? result : error)}${failed}`;
        })
        .sort(),
      ...waits.map(({ id, on }) => `  step ${id} waits for ${on}`).sort(),
      `  => ${show(error ?? result)}`,
    ];
    return lines;
  });
  runs.sort((a, b) => (a.join("\n") < b.join("\n") ? -1 : 1));
  const sent = (await t.sentEvents()).map(({ name, data }) => `sent ${name} ${show(data)}`).sort();
  return [`scenario => ${show(result)}`, ...runs.flat(), ...sent];
}

/** The lines that are only in one of the two, as a person reads a diff. */
export function diffLines(expected: readonly string[], found: readonly string[]): readonly string[] {
  const left = [...found];
  const missing = expected.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...missing.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}
