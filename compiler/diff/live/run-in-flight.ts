import * as z from "zod";

/**
 * What is looked at of a run that has not ended. It is read from a database or a server, which may be of another version, so what
 * else there is does not matter.
 */
export const runInFlightSchema = z.object({
  id: z.string(),
  /** The full id: `<app>-<function>`. */
  functionId: z.string(),
  /** `hash` of the function's entry when the run was made. */
  functionHash: z.string(),
  /** It has failed or was cancelled, and its steps are taken back. */
  ending: z.boolean(),
  /** Its journal in the order of commits. `kind` is what the engine records, as `run` or `waitForEvent`. */
  steps: z.array(z.object({ key: z.string(), kind: z.string(), status: z.enum(["completed", "failed"]) })).readonly(),
  /** The steps it waits for. `kind` is that of the step. */
  waits: z.array(z.object({ key: z.string(), kind: z.string() })).readonly(),
});
export type RunInFlight = z.infer<typeof runInFlightSchema>;
export type RecordedStep = RunInFlight["steps"][number];
