import * as z from "zod";

import { RequestError } from "./request-error.js";

/** A page of a listing: `cursor` is the `next` of the page before. */
export const pageQueryShape = {
  cursor: z.string().min(1).max(256).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
};

/**
 * Parses what came in the query string or the path. Unknown names are refused: a misspelt filter would otherwise give everything.
 *
 * @throws RequestError `invalid-parameter`
 */
export function readQuery<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue?.path.join(".") ?? "";
  const message = `${at === "" ? "the request" : `\`${at}\``}: ${issue?.message ?? "is not accepted"}`;
  throw new RequestError(400, "invalid-parameter", message, "correct the parameter");
}
