import type { DeferralHost, DeferralRequest, KnownDeferral } from "../../transport/deferral-request.js";
import { type Deferral, isDeferral, type WakeRecord } from "../../store/records.js";
import { resolveSessions } from "../event-sessions.js";
import type { Execution } from "./execution.js";

/** Of one run, those included that were taken back or refused: each is a row until the run ends. */
const mostDeferrals = 20;
/** Of the data of all deferred runs of a run, which is kept apart from its results. */
const mostInputBytes = 4 * 1024 * 1024;
const mostMetaBytes = 32 * 1024;

/** A character that no id of a step begins with: these rows share their keys with the steps'. */
const mark = "\u001f";

const none: readonly Deferral[] = [];

/** The deferred runs of one that is about to end, as the store has it. */
export function pendingDeferrals(wakes: readonly WakeRecord[]): readonly Deferral[] {
  return wakes.length === 0 ? none : wakes.filter(isDeferral).filter(isPending);
}

/** The runs that a run wants to have when it has ended. Each is in the store before what the handler does after it. */
export class RunDeferrals implements DeferralHost {
  readonly #rows = new Map<string, Deferral>();
  #bytes = 0;

  constructor(
    readonly execution: Execution,
    wakes: readonly WakeRecord[],
  ) {
    for (const row of wakes.filter(isDeferral)) this.#keep(row);
  }

  get pending(): readonly Deferral[] {
    return this.#rows.size === 0 ? none : [...this.#rows.values()].filter(isPending);
  }

  get known(): readonly KnownDeferral[] {
    return [...this.#rows.values()].map((row) => ({ hash: row.hash, abortable: isPending(row) }));
  }

  async add(request: DeferralRequest): Promise<boolean> {
    if (!this.execution.running || this.#rows.has(request.hash)) return false;
    const { services, run } = this.execution;
    if (this.#rows.size >= mostDeferrals) {
      this.#refuse(request, `a run can defer at most ${mostDeferrals} others`);
      return false;
    }
    const read = this.#read(request);
    if (typeof read === "string") this.#refuse(request, read);
    const row: Deferral = {
      runId: run.id,
      stepKey: `${mark}deferral:${request.hash}`,
      name: request.id,
      createdAt: services.clock.now(),
      kind: "deferral",
      dueAt: null,
      hash: request.hash,
      functionId: request.functionId,
      // Kept, so that a replay does not ask again.
      ...(typeof read === "string" ? { state: "refused", input: null, meta: null } : { state: "pending", ...read }),
    };
    this.execution.waits.keep();
    return this.#store(row);
  }

  async abort(hash: string): Promise<boolean> {
    const row = this.#rows.get(hash);
    if (!this.execution.running || !row || !isPending(row)) return false;
    this.#bytes -= sizeOf(row);
    return this.#store({ ...row, state: "aborted", input: null, meta: null });
  }

  /** As it is stored; or why it cannot be. */
  #read({ input, meta }: DeferralRequest): Pick<Deferral, "input" | "meta"> | string {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return "its data is no object";
    const text = writeText(input);
    if (text === null) return "its data cannot be written as JSON";
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > mostInputBytes) {
      return `the data of the run's deferred runs has ${this.#bytes + bytes} bytes, the limit is ${mostInputBytes}`;
    }
    const resolved = resolveSessions(meta);
    if (!resolved.ok) return resolved.problem;
    if (resolved.meta === undefined) return { input: text, meta: null };
    const metaText = writeText(resolved.meta);
    if (metaText === null || Buffer.byteLength(metaText) > mostMetaBytes) {
      return `its \`meta\` has more than ${mostMetaBytes} bytes, or is no JSON`;
    }
    return { input: text, meta: metaText };
  }

  #keep(row: Deferral): void {
    this.#rows.set(row.hash, row);
    this.#bytes += sizeOf(row);
  }

  #store(row: Deferral): Promise<boolean> {
    const { execution } = this;
    this.#keep(row);
    execution.enter();
    return new Promise((stored) => {
      const transition = { guards: execution.leased, writes: [{ kind: "wake", wake: row }] } as const;
      execution.services.committer.submit(transition, ({ ok }) => {
        if (!ok) execution.abandon();
        execution.leave();
        // While this was on its way, the handler could not be let go.
        if (execution.running) execution.services.collectSoon(execution);
        stored(ok);
      });
    });
  }

  /** The run goes on without it. */
  #refuse({ id, functionId }: DeferralRequest, reason: string): void {
    const message = `deferred run \`${id}\` of \`${functionId}\` is refused: ${reason}`;
    this.execution.services.notice("deferral-refused", message, this.execution.run.id);
  }
}

function isPending({ state }: Deferral): boolean {
  return state === "pending";
}

function sizeOf({ input }: Deferral): number {
  return input === null ? 0 : Buffer.byteLength(input);
}

/** Null for what is no JSON. */
function writeText(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}
