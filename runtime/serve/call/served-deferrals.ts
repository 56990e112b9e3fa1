import type { DeferralHost, DeferralRequest, KnownDeferral } from "../../transport/deferral-request.js";
import { hashKey } from "../../protocol/step-hash.js";
import type { WireOp } from "./wire-op.js";

/** What the handler of one request defers: the runtime is told with whatever goes to it next. */
export class ServedDeferrals implements DeferralHost {
  readonly #known: Map<string, KnownDeferral>;
  readonly #requests = new Map<string, DeferralRequest>();
  #ops: WireOp[] = [];

  /** `known`: what the runtime has of earlier requests. */
  constructor(known: readonly KnownDeferral[]) {
    this.#known = new Map(known.map((each) => [each.hash, each]));
  }

  get known(): readonly KnownDeferral[] {
    return [...this.#known.values()];
  }

  async add(request: DeferralRequest): Promise<boolean> {
    const { id, hash, functionId, input, meta } = request;
    this.#requests.set(hash, request);
    if (this.#known.has(hash)) return false;
    this.#known.set(hash, { hash, abortable: true });
    const opts = { fn_slug: functionId, input, ...(meta !== undefined && { meta }) };
    this.#ops.push({ id: hash, op: "DeferAdd", name: id, displayName: id, opts, userland: { id }, data: null });
    return true;
  }

  async abort(hash: string): Promise<boolean> {
    const request = this.#requests.get(hash);
    if (!request || !this.#known.get(hash)?.abortable) return false;
    this.#known.set(hash, { hash, abortable: false });
    const { id, functionId } = request;
    // Both at once would be told to a runtime that knows neither.
    this.#ops = this.#ops.filter((op) => op.id !== hash);
    const opts = { target_hashed_id: hash, fn_slug: functionId, id };
    const op = { id: hashKey(`${hash}:abort`), op: "DeferAbort", name: id, displayName: id };
    this.#ops.push({ ...op, opts, userland: { id }, data: null });
    return true;
  }

  /** What has not been told yet; it is then. */
  take(): readonly WireOp[] {
    const ops = this.#ops;
    if (ops.length > 0) this.#ops = [];
    return ops;
  }
}
