import * as z from "zod";

import type { MetadataRecord } from "../store/metadata.js";

/** What was noted on a run or on a step of it. */
export const metadataAnswerSchema = z.strictObject({
  scope: z.enum(["run", "step"]),
  /** The wire form of the step's id: its SHA-1; null for the run. */
  step: z.string().nullable(),
  kind: z.string(),
  values: z.record(z.string(), z.unknown()),
  /** Milliseconds since 1970. */
  updatedAt: z.number(),
});
export type MetadataAnswer = z.infer<typeof metadataAnswerSchema>;

export function answerMetadata({ step, kind, values, updatedAt }: MetadataRecord): MetadataAnswer {
  const scope = step === null ? "run" : "step";
  // Written by the engine, of an object.
  return { scope, step, kind, values: JSON.parse(values) as MetadataAnswer["values"], updatedAt };
}
