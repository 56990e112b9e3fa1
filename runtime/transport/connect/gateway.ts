/** Applications whose workers dial out: calls go to whichever worker is there and has room. */
import { randomUUID } from "node:crypto";

import { appOfWorkerUrl } from "../../define/worker-url.js";
import type { PostAnswer, Poster, PostRequest } from "../http/post.js";
import { PostponedError } from "../postponed.js";
import { SessionTokens } from "./session-tokens.js";
import { defaultTimings, type GatewayTimings } from "./timings.js";
import { executorRequest, frame, kinds, type Reply } from "./wire/messages.js";
import { WorkerCall } from "./worker-call.js";
import { closeCodes, type WorkerLink } from "./worker-link.js";
import { type RegisterWorkerApp, type SessionEvents, WorkerSession } from "./worker-session.js";

export interface GatewayOptions {
  readonly clock: {
    /** Milliseconds since 1970. */
    now(): number;
    /** Calls `fire` once after `ms`; the returned function cancels. */
    after(ms: number, fire: () => void): () => void;
  };
  readonly timings?: Partial<GatewayTimings>;
}

/** Connections at one time, and those of them that have not said yet who they are. */
const mostSessions = 10_000;
const mostNew = 100;
/** How long runs are put back whose application has no worker, in ms: as long as it has had none, within these limits. */
const shortestPauseMs = 1_000;
const longestPauseMs = 30_000;

export type StartAnswer =
  | { readonly kind: "started"; readonly connectionId: string; readonly sessionToken: string }
  | { readonly kind: "closing" }
  | { readonly kind: "full" };

/**
 * Keeps the connections to workers and routes calls to them. Nothing of it is durable: a call that ends with this process is
 * made again by the rules of its run.
 */
export class Gateway implements Poster {
  readonly timings: GatewayTimings;
  readonly #clock: GatewayOptions["clock"];
  readonly #tokens = new SessionTokens();
  readonly #sessions = new Set<WorkerSession>();
  readonly #byApp = new Map<string, Set<WorkerSession>>();
  /** Since when an application has had no worker, in ms since 1970. */
  readonly #absentSince = new Map<string, number>();
  readonly #waiting = new Map<string, Set<WorkerCall>>();
  /** Those that a worker has, by request id. */
  readonly #taken = new Map<string, WorkerCall>();
  readonly #events: SessionEvents;
  #calls = 0;
  #draining = false;
  #stopSweep: (() => void) | null = null;
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor({ clock, timings }: GatewayOptions) {
    this.#clock = clock;
    this.timings = { ...defaultTimings, ...timings };
    this.#events = {
      now: () => clock.now(),
      isKnown: (connectionId, token) => this.#tokens.isValid(token, connectionId, clock.now()),
      connected: (session) => this.#connected(session),
      ready: (session) => this.#pumpFor(session),
      acked: (session, requestId) => this.#acked(session, requestId),
      extended: (session, requestId, leaseId) => this.#extended(session, requestId, leaseId),
      replied: (reply) => this.replied(reply),
    };
  }

  get hasWorkers(): boolean {
    return this.#sessions.size > 0;
  }

  /** Calls that workers have confirmed, and are at work on. */
  get callsAtWork(): number {
    let count = 0;
    for (const { place } of this.#taken.values()) if (place.kind === "leased") count++;
    return count;
  }

  /** A worker wants to connect, and has shown the signing key: the credentials for it. */
  start(): StartAnswer {
    if (this.#draining) return { kind: "closing" };
    if (this.#sessions.size >= mostSessions) return { kind: "full" };
    const connectionId = randomUUID();
    return { kind: "started", connectionId, sessionToken: this.#tokens.create(connectionId, this.#clock.now()) };
  }

  /** A connection has been opened. Its frames go to `received`, its end to `gone`; null: it was closed. */
  accept(link: WorkerLink, register: RegisterWorkerApp): WorkerSession | null {
    const unknown = this.#count(({ isNew }) => isNew);
    if (this.#draining || this.#sessions.size >= mostSessions || unknown >= mostNew) {
      link.close(closeCodes.tryLater, this.#draining ? "connect_gateway_closing" : "too-many-connections: try again");
      return null;
    }
    const session = new WorkerSession(link, this.timings, register, this.#events);
    this.#sessions.add(session);
    this.#arm();
    return session;
  }

  /** The connection of that worker has ended: what it has begun may still come by another one. */
  gone(session: WorkerSession): void {
    session.lost();
    if (!this.#sessions.delete(session)) return;
    for (const appId of session.apps.keys()) {
      const others = this.#byApp.get(appId);
      if (!others?.delete(session) || others.size > 0) continue;
      this.#byApp.delete(appId);
      this.#absentSince.set(appId, this.#clock.now());
    }
    for (const call of session.calls) {
      if (call.place.kind === "leased") call.lease(null, call.place.until);
      else this.#giveBack(call);
    }
    session.calls.clear();
  }

  /** Has a worker of the application answer it. @throws PostponedError while there is none; UnreachableError | AnswerTooLargeError */
  post(request: PostRequest): Promise<PostAnswer> {
    const appId = appOfWorkerUrl(request.url);
    if (appId === null) throw new Error(`internal error: ${request.url.origin} is no worker`);
    const now = this.#clock.now();
    if (this.#draining) throw new PostponedError("the runtime is stopping", now + shortestPauseMs);
    const functionId = request.url.searchParams.get("fnId") ?? "";
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) return reject(signal.reason);
      const call = new WorkerCall(request, appId, functionId, now, { resolve, reject });
      const abandon = (): void => this.#settle(call, () => call.fail(new Error("the call was given up")));
      signal.addEventListener("abort", abandon, { once: true });
      call.whenSettled = () => signal.removeEventListener("abort", abandon);
      this.#calls++;
      if (!this.#dispatch(call)) this.#queue(call);
      this.#arm();
    });
  }

  /** An answer, by whichever way it came: one that nobody waits for any more is dropped. */
  replied(reply: Reply): void {
    const call = this.#taken.get(reply.requestId);
    if (call) this.#settle(call, () => call.answer(reply));
  }

  /** No call is begun any more and no worker accepted; workers without a call are told to look for another gateway. */
  drain(): void {
    this.#draining = true;
    for (const calls of this.#waiting.values()) {
      for (const call of calls) this.#postpone(call, "the runtime is stopping", shortestPauseMs);
    }
    for (const session of this.#sessions) if (session.calls.size === 0) session.tellClosing();
  }

  close(): void {
    this.drain();
    this.#stopSweep?.();
    this.#stopSweep = null;
    for (const session of [...this.#sessions]) {
      session.tellClosing();
      session.end(closeCodes.goingAway, "GATEWAY_DRAINING");
      this.gone(session);
    }
    for (const call of this.#taken.values()) {
      this.#settle(call, () => call.failUnreachable(`the runtime has stopped before \`${call.appId}\` answered`));
    }
  }

  #connected(session: WorkerSession): void {
    for (const appId of session.apps.keys()) {
      const sessions = this.#byApp.get(appId);
      if (sessions) sessions.add(session);
      else this.#byApp.set(appId, new Set([session]));
      this.#absentSince.delete(appId);
    }
  }

  #acked(session: WorkerSession, requestId: string): void {
    const call = this.#taken.get(requestId);
    if (call?.place.kind === "offered") this.#lease(call, session);
  }

  #extended(session: WorkerSession, requestId: string, leaseId: string): boolean {
    const call = this.#taken.get(requestId);
    if (!call || call.leaseId !== leaseId) return false;
    this.#lease(call, session);
    return true;
  }

  /** It may come by another connection than the one by which the call went. */
  #lease(call: WorkerCall, session: WorkerSession): void {
    call.session?.calls.delete(call);
    session.calls.add(call);
    call.lease(session, this.#clock.now() + this.timings.leaseMs);
  }

  /** False: nobody is there, or nobody has room. */
  #dispatch(call: WorkerCall): boolean {
    const session = this.#choose(call);
    if (!session) return false;
    const { request, appId, functionId } = call;
    call.offer(session, this.#clock.now(), this.timings.ackMs);
    this.#taken.set(call.requestId, call);
    session.calls.add(call);
    const { requestId, leaseId } = call;
    session.send(
      frame(kinds.gatewayExecutorRequest, executorRequest, {
        requestId,
        leaseId,
        appId,
        appName: appId,
        functionId,
        functionSlug: functionId,
        stepId: request.url.searchParams.get("stepId") ?? "step",
        requestPayload: Buffer.from(request.body),
        runId: request.headers["x-run-id"] ?? "",
      }),
    );
    return true;
  }

  /** The one with the fewest calls; rather none that has let this one lie. */
  #choose(call: WorkerCall): WorkerSession | null {
    if (this.#draining) return null;
    let best: WorkerSession | null = null;
    for (const session of this.#byApp.get(call.appId) ?? []) {
      if (!session.isFree || !session.serves(call.appId, call.functionId)) continue;
      if (best === null || best === call.refusedBy) best = session;
      else if (session !== call.refusedBy && session.calls.size < best.calls.size) best = session;
    }
    return best;
  }

  #queue(call: WorkerCall): void {
    const calls = this.#waiting.get(call.appId);
    if (calls) calls.add(call);
    else this.#waiting.set(call.appId, new Set([call]));
  }

  #unqueue(call: WorkerCall): void {
    const calls = this.#waiting.get(call.appId);
    if (calls?.delete(call) && calls.size === 0) this.#waiting.delete(call.appId);
  }

  #pumpFor(session: WorkerSession): void {
    for (const appId of session.apps.keys()) this.#pump(appId);
  }

  /** In the order in which they came. */
  #pump(appId: string): void {
    for (const call of this.#waiting.get(appId) ?? []) {
      if (!this.#hasRoom(appId)) return;
      if (this.#dispatch(call)) this.#unqueue(call);
    }
  }

  #hasRoom(appId: string): boolean {
    for (const session of this.#byApp.get(appId) ?? []) if (session.isFree) return true;
    return false;
  }

  #giveBack(call: WorkerCall): void {
    this.#taken.delete(call.requestId);
    call.session?.calls.delete(call);
    if (!call.giveBack()) {
      return this.#settle(call, () =>
        call.failUnreachable(`the workers of \`${call.appId}\` do not take on what they are asked`),
      );
    }
    if (!this.#dispatch(call)) this.#queue(call);
  }

  #settle(call: WorkerCall, settle: () => void): void {
    if (call.place.kind === "settled") return;
    const { session } = call;
    this.#calls--;
    this.#unqueue(call);
    this.#taken.delete(call.requestId);
    session?.calls.delete(call);
    settle();
    call.whenSettled();
    if (this.#draining && session?.calls.size === 0) session.tellClosing();
    if (session) this.#pumpFor(session);
  }

  #postpone(call: WorkerCall, why: string, pauseMs: number): void {
    this.#settle(call, () => call.fail(new PostponedError(why, this.#clock.now() + pauseMs)));
  }

  /** Looks after time: seldom while there is nothing but connections. */
  #arm(): void {
    const { handshakeMs, heartbeatMs, ackMs, leaseMs, absentMs } = this.timings;
    if (this.#sessions.size === 0 && this.#calls === 0) return;
    const delay = (this.#calls > 0 ? Math.min(ackMs, leaseMs, absentMs) : Math.min(heartbeatMs, handshakeMs)) / 2;
    const at = this.#clock.now() + delay;
    if (this.#sweepAt <= at) return;
    this.#stopSweep?.();
    this.#sweepAt = at;
    this.#stopSweep = this.#clock.after(delay, () => {
      this.#sweepAt = Number.POSITIVE_INFINITY;
      this.#sweep(this.#clock.now());
      this.#arm();
    });
  }

  #sweep(now: number): void {
    for (const session of [...this.#sessions]) {
      if (!session.isSilent(now)) continue;
      session.end(closeCodes.refused, session.isNew ? "handshake-timeout" : "CONSECUTIVE_HEARTBEATS_MISSED");
      this.gone(session);
    }
    for (const call of [...this.#taken.values()]) this.#look(call, now);
    for (const [appId, calls] of this.#waiting) {
      this.#pump(appId);
      for (const call of calls) this.#lookForWorkers(call, now);
    }
  }

  #look(call: WorkerCall, now: number): void {
    const { appId, place, request } = call;
    if (now >= call.expiresAt) {
      this.#settle(call, () =>
        call.failUnreachable(`a worker of \`${appId}\` has not answered within ${request.timeoutMs} ms`),
      );
    } else if (place.kind === "offered" && now >= place.until) {
      this.#giveBack(call);
    } else if (place.kind === "leased" && now >= place.until) {
      this.#settle(call, () => call.failUnreachable(`the worker of \`${appId}\` that executed this is gone`));
    }
  }

  #lookForWorkers(call: WorkerCall, now: number): void {
    const { appId, functionId } = call;
    if (now - call.since < this.timings.absentMs) return;
    for (const session of this.#byApp.get(appId) ?? []) if (session.serves(appId, functionId)) return;
    const since = this.#absentSince.get(appId) ?? call.since;
    const pause = Math.min(Math.max(now - since, shortestPauseMs), longestPauseMs);
    this.#postpone(call, `no worker of \`${appId}\` is connected that has \`${functionId}\``, pause);
  }

  #count(which: (session: WorkerSession) => boolean): number {
    let count = 0;
    for (const session of this.#sessions) if (which(session)) count++;
    return count;
  }
}
