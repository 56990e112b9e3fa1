import type { FunctionEntry } from "../../runtime/manifest/manifest.js";

export type LifecyclePart = keyof NonNullable<FunctionEntry["lifecycle"]>;

/** By the end of their functions' ids. */
export const lifecycleParts: Readonly<Record<string, LifecyclePart>> = {
  failure: "onFailure",
  cancel: "onCancel",
  complete: "onComplete",
};

/** A function as if the lifecycle handler were its handler; null where there is none, or it could not be followed. */
export function handlerOf(entry: FunctionEntry, part: LifecyclePart | null): FunctionEntry | null {
  if (part === null) return entry;
  const handler = entry.lifecycle?.[part];
  if (!handler) return null;
  const { triggers, config, handlers, hash, opaque } = entry;
  return { id: `${entry.id} ${part}`, triggers, config, handlers, hash, opaque, ...handler };
}
