import { compareText } from "./candidates.js";

/** What was noted on a run, or on one of its steps, under one kind. */
export interface MetadataRecord {
  /** The wire form of the step's key; null: on the run. */
  readonly step: string | null;
  readonly kind: string;
  /** JSON text of an object. */
  readonly values: string;
  readonly updatedAt: number;
}

/**
 * How values go together with those that are there: `merge` puts its own in their places, `set` puts them in place of all, `delete`
 * takes away those of its names, `add` adds numbers, and is `merge` for what is none.
 */
export type MetadataOperation = "merge" | "set" | "delete" | "add";

export interface MetadataUpdate extends MetadataRecord {
  readonly runId: string;
  readonly op: MetadataOperation;
}

/** Of one record, in bytes. */
const mostRecordBytes = 64 * 1024;
/** Of all records of a run. */
const mostRunBytes = 1024 * 1024;

/** The record as it is after the update; null where it, or the run, would have more than it may. `all` is what the run has. */
export function updateMetadata(all: readonly MetadataRecord[], update: MetadataUpdate): MetadataRecord | null {
  const { step, kind, updatedAt } = update;
  const before = all.find((each) => each.step === step && each.kind === kind);
  const values = JSON.stringify(Object.fromEntries(combine(readValues(before?.values ?? "{}"), update)));
  const record = { step, kind, values, updatedAt };
  const others = all.filter((each) => each !== before).reduce((sum, each) => sum + sizeOf(each), 0);
  const size = sizeOf(record);
  return size <= mostRecordBytes && others + size <= mostRunBytes ? record : null;
}

function combine(before: Map<string, unknown>, { op, values }: MetadataUpdate): Map<string, unknown> {
  const given = readValues(values);
  switch (op) {
    case "set":
      return given;
    case "delete":
      for (const name of given.keys()) before.delete(name);
      return before;
    case "merge":
    case "add":
      for (const [name, value] of given) {
        const old = before.get(name);
        const sum = op === "add" && typeof old === "number" && typeof value === "number";
        before.set(name, sum ? old + value : value);
      }
      return before;
  }
}

function readValues(text: string): Map<string, unknown> {
  // Whoever updates gives an object.
  return new Map(Object.entries(JSON.parse(text) as object));
}

function sizeOf({ step, kind, values }: MetadataRecord): number {
  return Buffer.byteLength(values) + Buffer.byteLength(kind) + (step?.length ?? 0);
}

/** Those of the run first, then by step and kind. */
export function sortMetadata(records: readonly MetadataRecord[]): readonly MetadataRecord[] {
  return [...records].sort((a, b) => compareText(a.step ?? "", b.step ?? "") || compareText(a.kind, b.kind));
}
