import * as z from "zod";

/** What an application notes on a run or a step, wherever it sends that. */
export const noteSchema = z.object({
  kind: z.string(),
  op: z.enum(["merge", "set", "delete", "add"]),
  values: z.record(z.string(), z.unknown()),
});
