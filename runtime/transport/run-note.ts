import type { PlacedNote } from "../define/note.js";
import { hashKey } from "../protocol/step-hash.js";

/** Something that an application wants to have with a run or a step of it. */
export interface RunNote {
  /** The wire form of the step's key; null: on the run. A step that is not there shows nothing. */
  readonly step: string | null;
  /** `userland.<name>`, or one of the public SDK's own. */
  readonly kind: string;
  /** How the values go together with those that are there. */
  readonly op: "merge" | "set" | "delete" | "add";
  readonly values: Readonly<Record<string, unknown>>;
}

/** As code in this process has written it. */
export function toRunNote({ step, kind, values }: PlacedNote): RunNote {
  const key = step && (step.index > 0 ? `${step.id}:${step.index}` : step.id);
  return { step: key === null ? null : hashKey(key), kind, op: "merge", values };
}
