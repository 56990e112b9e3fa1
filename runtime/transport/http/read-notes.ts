import * as z from "zod";

import { noteSchema } from "../../protocol/note-schema.js";
import type { RunNote } from "../run-note.js";

const scopedSchema = z.array(noteSchema.extend({ scope: z.string().nullish() })).max(100);

/** The notes that come with an operation. What is none does not hinder the operation. */
export function readNotes({ id, metadata }: { readonly id: string; readonly metadata?: unknown }): readonly RunNote[] {
  if (metadata === undefined || metadata === null) return [];
  const parsed = scopedSchema.safeParse(metadata);
  if (!parsed.success) return [];
  return parsed.data.map(({ scope, ...note }) => ({ ...note, step: scope === "run" ? null : id }));
}
