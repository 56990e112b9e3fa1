import { StepwrightError } from "./errors.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

/** Rejects with `invalid-event-data`, naming each field, where `data` is not what the schema says. */
export async function checkAgainstSchema(
  eventName: string,
  schema: StandardSchemaV1<any, any>,
  data: unknown,
): Promise<void> {
  const result = await schema["~standard"].validate(data);
  if (!result.issues) return;
  throw new StepwrightError("invalid-event-data", `\`${eventName}\`: ${describeIssues(result.issues)}`);
}

/** `data.items.0.price: expected a number; data.id: …` */
export function describeIssues(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .map((issue) => {
      const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
      return `${["data", ...path].join(".")}: ${issue.message}`;
    })
    .join("; ");
}
