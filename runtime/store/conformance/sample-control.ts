import type { LineSpec, RunControl, RunFate, Store } from "../store.js";
import { must } from "./apply.js";
import { sampleRun, t0 } from "./sample-records.js";

/** What all runs of one line have in common; nothing holds them back but their order. */
export const line = (changes: Partial<LineSpec> = {}): LineSpec => ({
  hash: "1",
  slots: [],
  throttle: null,
  singleton: null,
  gathers: false,
  ordered: true,
  ...changes,
});
export const slot = (bucket: string, limit: number, unit: "step" | "run" = "step") => ({ bucket, limit, unit });
export const control = (changes: Partial<RunControl> = {}): RunControl => ({
  line: null,
  headStartMs: 0,
  rate: null,
  gather: null,
  ...changes,
});

export interface Made {
  readonly fn?: string;
  readonly at?: number;
  readonly owner?: string | null;
  readonly event?: string;
  readonly parent?: { readonly runId: string; readonly stepKey: string };
}

/** Inserts a run under control, as something that came at `at`. */
export async function add(
  store: Store,
  id: string,
  by: Partial<RunControl>,
  made: Made = {},
): Promise<RunFate | undefined> {
  const { fn = "f", at = t0, owner = null, event = "e1", parent = null } = made;
  const run = sampleRun(id, { functionId: fn, createdAt: at, queueAt: at, owner, eventIds: [event], parent });
  const [result] = await must(store, { kind: "run", run, uniques: [], control: control(by) });
  return result?.kind === "run" ? result.fate : undefined;
}
