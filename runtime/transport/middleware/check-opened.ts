import { describeIssues } from "../../define/check-schema.js";
import { NonRetriableError } from "../../define/errors.js";
import { validateEventData } from "../../define/schemas.js";
import { hasSealedField } from "../../define/sealed-data.js";
import type { HandlerCall } from "../transport.js";

/** Encrypted data could not be checked when it was received. @throws NonRetriableError when it does not fit its schema */
export async function checkOpened({ events, definition }: HandlerCall, opened: unknown): Promise<void> {
  const [given] = events as readonly { readonly name: string; readonly data: unknown }[];
  if (!given || !hasSealedField(given.data)) return;
  const data = (opened as { data?: unknown } | undefined)?.data;
  const check = await validateEventData(definition, given.name, data);
  if (!check.ok) throw new NonRetriableError(`event \`${given.name}\`: ${describeIssues(check.issues)}`);
}
