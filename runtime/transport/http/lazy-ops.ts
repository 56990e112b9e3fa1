/** Operations that come along with others: runs that the handler defers, and those that it takes back. */
import * as z from "zod";

import type { DeferralHost } from "../deferral-request.js";
import type { RemoteOp } from "./read-answer.js";

const addOpts = z.object({
  fn_slug: z.string().min(1).max(1024),
  input: z.unknown().optional(),
  meta: z.unknown().optional(),
});
const abortOpts = z.object({ target_hashed_id: z.string().min(1).max(512) });

export function isLazyOp({ op }: RemoteOp): boolean {
  return op === "DeferAdd" || op === "DeferAbort";
}

/** What the next requests have to tell of them: JSON text, null where the run has deferred nothing. */
export function writeDefers(deferrals: DeferralHost): string | null {
  const { known } = deferrals;
  if (known.length === 0) return null;
  return JSON.stringify(Object.fromEntries(known.map(({ hash, abortable }) => [hash, { abortable }])));
}

/**
 * Resolves when what they ask for is stored: true where that has changed anything. They cannot fail the run: one whose
 * options are wrong is refused like one whose data is.
 */
export async function takeLazyOps(ops: readonly RemoteOp[], deferrals: DeferralHost): Promise<boolean> {
  const taken = ops.map((op) => (op.op === "DeferAdd" ? add(op, deferrals) : abort(op, deferrals)));
  return (await Promise.all(taken)).includes(true);
}

function add(op: RemoteOp, deferrals: DeferralHost): Promise<boolean> {
  const opts = addOpts.safeParse(op.opts);
  const { fn_slug: functionId, input, meta } = opts.success ? opts.data : { fn_slug: "", input: undefined, meta: null };
  const id = op.userland?.id ?? op.displayName ?? op.name ?? op.id;
  return deferrals.add({ id, hash: op.id, functionId, input, meta });
}

async function abort(op: RemoteOp, deferrals: DeferralHost): Promise<boolean> {
  const opts = abortOpts.safeParse(op.opts);
  return opts.success && deferrals.abort(opts.data.target_hashed_id);
}
