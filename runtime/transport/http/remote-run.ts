import { durations } from "../../manifest/duration.js";
import { PostponedError } from "../postponed.js";
import { fromWireData } from "../rich-data.js";
import type { StepAttempt, StepOp } from "../step-op.js";
import { writeRich } from "../../define/rich-json.js";
import type { HandlerCall } from "../transport.js";
import type { AdoptedRun } from "./adopted-runs.js";
import { type Memo, memoOf } from "./memo.js";
import type { Checkpoints } from "./checkpoints.js";
import type { HttpTransportOptions } from "./http-transport.js";
import type { Answer, RemoteOp } from "./read-answer.js";
import { isLazyOp, takeLazyOps } from "./lazy-ops.js";
import { readNotes } from "./read-notes.js";
import { nameOp, readOp, unknownOpcode } from "./read-op.js";
import { recordedOp } from "./recorded-op.js";
import { remoteError, type RetryAdvice } from "./remote-error.js";
import type { RunRequests, Sending } from "./step-requests.js";
import { hashKey } from "../../protocol/step-hash.js";

/** The id under which an application reports what became of its handler. */
const wholeRun = hashKey("complete");

/** The run has ended; `value` is what the handler returned. */
type Returned = { readonly value: unknown };

export interface RemoteRunServices extends Pick<HttpTransportOptions, "now" | "after" | "annotate"> {
  /** Where results arrive before a request is answered; without it nowhere, so each request executes one step. */
  readonly checkpoints?: Checkpoints | undefined;
}

/** An application that has not reported for so long, in ms, will not go on with a run that it has begun. */
const silentMs = durations.hour;

/**
 * One execution of a handler behind HTTP. Request after request asks it what comes next, with the results so far. What it
 * reports are steps as any others: the host journals, repeats and waits. A step that the application executes beside
 * others is asked for by a request of its own.
 */
export class RemoteRun {
  /** Hashes of the steps that the application has named. */
  readonly #asked = new Set<string>();
  /** Results that came before the answer, by the hashes of their steps. */
  readonly #posted = new Map<string, Promise<void>>();
  #unsettled = 0;
  /** Called when a step has been settled since the request that is, or was last, on its way. */
  #news: (() => void) | null = null;
  #hasNews = false;

  constructor(
    readonly call: HandlerCall,
    readonly requests: RunRequests,
    readonly services: RemoteRunServices,
    /** Where the application has begun the run by itself, and still executes it. */
    readonly adopted: AdoptedRun | null,
  ) {
    for (const entry of call.host.journal) {
      this.#remember(memoOf(entry));
      // The host gives out what is recorded before it begins anything.
      call.host.perform(recordedOp(entry)).catch(() => {});
    }
  }

  /** What the handler returns. @throws what it throws, or why it could not be called */
  async execute(): Promise<unknown> {
    const { adopted } = this;
    if (adopted) {
      const end = await this.call.host.busy(() => this.#follow(adopted));
      if (end !== null) return end.value;
      if (this.#unsettled > 0 && !this.#hasNews) await this.#untilNews();
    }
    for (;;) {
      this.#hasNews = false;
      const end = await this.call.host.busy(() => this.#advance());
      if (end !== null) return end.value;
      if (!this.#hasNews) await this.#untilNews();
    }
  }

  /**
   * Takes what the application reports of the run, for as long as it executes the run by itself. It stops at what it cannot do in its
   * own request; from there on it is asked, as for any other run. Null: it is to be asked.
   */
  async #follow(run: AdoptedRun): Promise<Returned | null> {
    const { host, signal } = this.call;
    const { now, after } = this.services;
    const close = (): void => run.close();
    host.whenGone(close);
    signal.addEventListener("abort", close);
    try {
      for (;;) {
        const report = await run.next(silentMs, after);
        if (report === "crowded") throw new PostponedError("its application executes it", now() + silentMs);
        if (report === "gone") throw new Error("the request of the run does not count any more");
        if (report === "silent") return null;
        const { ops } = report;
        if (ops.every((op) => isLazyOp(op) || isResult(op))) {
          // A run that is cancelled takes no results any more.
          await Promise.race([this.#takeResults(ops), run.whenClosed]);
          report.answer("taken");
          continue;
        }
        // It goes on only when it is asked to.
        report.answer("taken");
        return await this.#take(ops, { noRetry: false, retryAfter: null });
      }
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  }

  /** Asks the application what comes next, and hands it to the host. */
  async #advance(): Promise<Returned | null> {
    const { host, attempt, runAttempt, signal } = this.call;
    // What waits elsewhere the application would find again, and execute a second time.
    const alone = this.#unsettled === 0 && !host.hasWaitingSteps && attempt === 0;
    const before = this.#asked.size;
    const answer = await this.#ask({ stepId: "step", attempt: runAttempt, signal, plansOnly: !alone });
    if (answer.kind === "failed") throw answer.error;
    if (answer.kind === "returned") return { value: fromWireData(answer.value) };
    const end = await this.#take(answer.ops, answer.advice);
    if (end !== null || this.#unsettled > 0 || this.#hasNews) return end;
    if (this.#asked.size === before) {
      throw new Error("the application has neither ended nor named a step to go on with");
    }
    // It has stopped after the last result that it posted.
    this.#tell();
    return null;
  }

  /** One request. Where it executes steps one after the other, it may report each as soon as it has its result. */
  async #ask(sending: Sending): Promise<Answer> {
    const { checkpoints } = this.services;
    if (!checkpoints || sending.plansOnly) return this.requests.send(sending);
    const take = (ops: readonly RemoteOp[]): Promise<void> => this.#takeResults(ops);
    const request = checkpoints.open(this.call.runId, take);
    try {
      return await this.requests.send({ ...sending, checkpointId: request.id });
    } finally {
      request.close();
    }
  }

  /** Resolves when they are stored; one that is posted again is awaited as the first time. */
  async #takeResults(ops: readonly RemoteOp[]): Promise<void> {
    const advice = { noRetry: false, retryAfter: null };
    const lazy = this.#takeLazy(ops);
    const steps = ops.filter((op) => !isLazyOp(op));
    for (const op of steps) {
      if (!this.#asked.has(op.id)) this.#posted.set(op.id, this.#perform(this.#toStep(op, advice), op.id, true));
    }
    await Promise.all([lazy, ...steps.map(({ id }) => this.#posted.get(id))]);
  }

  /**
   * Runs that are deferred are stored before the steps that come with them, and before the run ends. Null where the handler has not
   * deferred any; resolves to true where something has changed.
   */
  #takeLazy(ops: readonly RemoteOp[]): Promise<boolean> | null {
    const lazy = ops.filter(isLazyOp);
    return lazy.length === 0 ? null : takeLazyOps(lazy, this.call.host.deferrals);
  }

  async #take(ops: readonly RemoteOp[], advice: RetryAdvice): Promise<Returned | null> {
    let end: Returned | null = null;
    const executed: Promise<unknown>[] = [];
    const lazy = this.#takeLazy(ops);
    if (lazy && ops.every(isLazyOp) && (await lazy)) this.#tell();
    // Where it has gone on after its own results, it knows them.
    const wentOn = ops.some((op) => !isLazyOp(op) && !isOutcome(op));
    for (const op of ops) {
      if (isLazyOp(op)) continue;
      if (op.op === "RunComplete") end = { value: fromWireData(op.data) };
      else if (op.id === wholeRun) throw remoteError(op.error, { ...advice, noRetry: op.op === "StepFailed" });
      else if (op.op === "DiscoveryRequest") this.#tell();
      else if (!this.#asked.has(op.id)) {
        const step = this.#perform(this.#toStep(op, advice), op.id, wentOn && isOutcome(op));
        if (isOutcome(op)) executed.push(step);
      }
    }
    // Before the run ends, they are in the journal.
    if (end !== null) await Promise.all(executed);
    return end;
  }

  #toStep(op: RemoteOp, advice: RetryAdvice): StepOp {
    const named = nameOp(op);
    const run = { ...named, kind: "run", input: [] } as const;
    const request = (attempt: StepAttempt): Promise<unknown> => this.#executeStep(op.id, attempt);
    if (op.op === "StepPlanned") return { ...run, body: request };
    if (!isOutcome(op)) {
      const own = readOp(op, this.services.now());
      if (own === null) throw unknownOpcode(op.op, named.id);
      return own;
    }
    this.#note(op);
    let first = true;
    const body = (attempt: StepAttempt): unknown => {
      if (!first) return request(attempt);
      first = false;
      return outcomeOf(op, advice);
    };
    return { ...run, body, executed: true };
  }

  /** Has the application execute one step. */
  async #executeStep(hash: string, { number, signal }: StepAttempt): Promise<unknown> {
    const either = AbortSignal.any([signal, this.call.signal]);
    const answer = await this.requests.send({ stepId: hash, attempt: number, signal: either, plansOnly: false });
    if (answer.kind === "failed") throw answer.error;
    if (answer.kind === "ops") void this.#takeLazy(answer.ops);
    const op = answer.kind === "ops" ? answer.ops.find(({ id }) => id === hash) : undefined;
    if (op) this.#note(op);
    if (op && isOutcome(op) && answer.kind === "ops") return outcomeOf(op, answer.advice);
    throw new Error("the application did not execute the step that it was asked for: has its code changed?");
  }

  /** `isKnown`: the handler has the result already, so when it is stored nobody has to be told. */
  #perform(op: StepOp, hash: string, isKnown: boolean): Promise<void> {
    this.#asked.add(hash);
    this.#unsettled++;
    const settled = (entry: { status: "completed" | "failed"; output: string }): void => {
      this.#unsettled--;
      this.requests.remember(memoOf({ key: hash, kind: op.kind, ...entry }));
      if (!isKnown || entry.status === "failed") this.#tell();
    };
    return this.call.host.perform(op).then(
      (value) => settled({ status: "completed", output: writeRich(value) }),
      (error: unknown) => settled({ status: "failed", output: JSON.stringify(errorFields(error)) }),
    );
  }

  /** On its way to the store before the result is. */
  #note(op: RemoteOp): void {
    const notes = readNotes(op);
    if (notes.length > 0) this.services.annotate(this.call.runId, notes);
  }

  #remember(memo: Memo): void {
    this.#asked.add(memo.hash);
    this.requests.remember(memo);
  }

  #tell(): void {
    this.#hasNews = true;
    const wake = this.#news;
    this.#news = null;
    if (wake) void this.call.host.busy(() => this.#wakeSoon(wake));
  }

  /** Others may be settled in the same commit: one request tells of all. Until then the run must not be let go. */
  #wakeSoon(wake: () => void): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        wake();
        resolve();
      });
    });
  }

  #untilNews(): Promise<void> {
    return new Promise((resolve) => {
      this.#news = resolve;
    });
  }
}

/** The handler has gone on with it. */
function isResult({ op, error }: RemoteOp): boolean {
  return op === "StepRun" || (op === "Step" && (error === undefined || error === null));
}

function isOutcome({ op }: RemoteOp): boolean {
  return op === "StepRun" || op === "Step" || op === "StepError" || op === "StepFailed" || op === "StepNotFound";
}

/** The result of a step that the application has executed. @throws its error */
function outcomeOf(op: RemoteOp, advice: RetryAdvice): unknown {
  switch (op.op) {
    case "StepRun":
    // The legacy opcode: some SDKs wrap what they report, with an error beside it.
    case "Step":
      if (op.error !== undefined && op.error !== null) throw remoteError(op.error, advice);
      return fromWireData(op.data ?? null);
    case "StepNotFound":
      throw new Error("the application does not find the step any more: bring its code back, or cancel the run");
    default:
      throw remoteError(op.error ?? op.data, { ...advice, noRetry: advice.noRetry || op.op === "StepFailed" });
  }
}

function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && { cause: causeOf(cause) }),
  };
}

function causeOf(cause: unknown): unknown {
  return cause instanceof Error ? errorFields(cause) : cause;
}
