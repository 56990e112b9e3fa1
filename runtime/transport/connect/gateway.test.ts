/** Routing and time, without sockets: links are made of lists of frames. */
import { beforeEach, describe, expect, test } from "vitest";

import { workerUrl } from "../../define/worker-url.js";
import { AnswerTooLargeError, type PostAnswer, UnreachableError } from "../http/post.js";
import { PostponedError } from "../postponed.js";
import { Gateway } from "./gateway.js";
import { defaultTimings as timings } from "./timings.js";
import { decode, type Message } from "./wire/codec.js";
import {
  executorRequest,
  extendLease,
  extendLeaseAck,
  frame,
  kinds,
  readFrame,
  reply,
  replyAck,
  replyStatus,
  requestAck,
  workerConnect,
} from "./wire/messages.js";

let now: number;
let timers: { at: number; fire: () => void }[];
let gateway: Gateway;

const clock = {
  now: () => now,
  after(ms: number, fire: () => void) {
    const timer = { at: now + ms, fire };
    timers.push(timer);
    return () => void (timers = timers.filter((each) => each !== timer));
  },
};

/** In small steps, as time passes. */
function advance(ms: number): void {
  for (const end = now + ms; now < end;) {
    now = Math.min(end, ...timers.map(({ at }) => at));
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { fire } of due) fire();
  }
}

beforeEach(() => {
  now = 1_000_000;
  timers = [];
  gateway = new Gateway({ clock });
});

type Call = Message<typeof executorRequest>;

class FakeWorker {
  readonly frames: { kind: number; payload: Uint8Array }[] = [];
  readonly closed: string[] = [];
  readonly session;
  backlog = 0;

  constructor() {
    const worker = this;
    const link = {
      send: (bytes: Uint8Array) => void this.frames.push(readFrame(bytes)),
      close: (code: number, reason: string) => void this.closed.push(`${code} ${reason}`),
      get backlog() {
        return worker.backlog;
      },
    };
    this.session = gateway.accept(link, async ({ functions }) => JSON.parse(functions) as string[]);
  }

  static async connect(said: Partial<{ functions: string[]; concurrency: number; manual: boolean }> = {}) {
    const worker = new FakeWorker();
    const started = gateway.start();
    if (started.kind !== "started") throw new Error(started.kind);
    const functions = Buffer.from(JSON.stringify(said.functions ?? ["shop-order"]));
    worker.say(
      frame(kinds.workerConnect, workerConnect, {
        connectionId: started.connectionId,
        authData: { sessionToken: started.sessionToken, syncToken: "" },
        apps: [{ appName: "shop", functions }],
        maxWorkerConcurrency: said.concurrency ?? 0,
        manualReadinessAck: said.manual ?? false,
      }),
    );
    await new Promise(setImmediate);
    return worker;
  }

  say(bytes: Uint8Array): void {
    this.session?.received(bytes);
  }

  get kinds(): number[] {
    return this.frames.map(({ kind }) => kind);
  }

  get calls(): Call[] {
    const asked = this.frames.filter(({ kind }) => kind === kinds.gatewayExecutorRequest);
    return asked.map(({ payload }) => decode(executorRequest, payload));
  }

  ack({ requestId }: Call): void {
    this.say(frame(kinds.workerRequestAck, requestAck, { requestId }));
  }

  extend({ requestId, leaseId }: Call): string {
    this.say(frame(kinds.workerRequestExtendLease, extendLease, { requestId, leaseId }));
    return decode(extendLeaseAck, this.frames.at(-1)!.payload).newLeaseId;
  }

  reply({ requestId }: Call, body: string, more: object = {}): void {
    const answer = { requestId, status: replyStatus.done, body: Buffer.from(body), sdkVersion: "go:v1", ...more };
    this.say(frame(kinds.workerReply, reply, answer));
  }
}

interface Asked {
  readonly outcome: Promise<PostAnswer>;
  readonly abort: AbortController;
}

function ask(functionId = "shop-order", limit = 1_000, timeoutMs = 3_600_000): Asked {
  const abort = new AbortController();
  const url = new URL(`${workerUrl("shop", functionId)}&stepId=step`);
  const headers = { "x-run-id": "run-1" };
  const outcome = gateway.post({ url, body: "{}", headers, timeoutMs, limit, signal: abort.signal });
  outcome.catch(() => {});
  return { outcome, abort };
}

test("a call is given to a worker, and its answer is one of HTTP", async () => {
  const worker = await FakeWorker.connect();
  const { outcome } = ask();
  const [call] = worker.calls;
  expect(call).toMatchObject({ appName: "shop", functionSlug: "shop-order", stepId: "step", runId: "run-1" });
  expect(Buffer.from(call!.requestPayload).toString()).toBe("{}");
  worker.ack(call!);
  worker.reply(call!, `"done"`);
  expect(decode(replyAck, worker.frames.at(-1)!.payload).requestId).toBe(call!.requestId);
  expect(await outcome).toMatchObject({ status: 200, body: `"done"`, headers: { "x-inngest-sdk": "go:v1" } });
});

test.each([
  [{ status: replyStatus.notCompleted }, 206, {}],
  [{ status: replyStatus.error }, 500, {}],
  [{ status: replyStatus.error, retryAfter: "60" }, 500, { "retry-after": "60" }],
  // So says the SDK of a handler that has failed for good.
  [{ status: replyStatus.done, noRetry: true }, 400, { "x-inngest-no-retry": "true" }],
])("a reply %j has the status %i", async (more, status, headers) => {
  const worker = await FakeWorker.connect();
  const { outcome } = ask();
  worker.reply(worker.calls[0]!, "[]", more);
  expect(await outcome).toMatchObject({ status, headers });
});

describe("which worker", () => {
  test("the one with the fewest calls, of those that have the function", async () => {
    const [first, second, other] = [
      await FakeWorker.connect(),
      await FakeWorker.connect(),
      await FakeWorker.connect({ functions: ["shop-other"] }),
    ];
    for (let i = 0; i < 4; i++) ask();
    expect([first.calls.length, second.calls.length, other.calls.length]).toEqual([2, 2, 0]);
  });

  test("none beyond what it takes at a time; the others wait in their order", async () => {
    const worker = await FakeWorker.connect({ concurrency: 1 });
    const asked = [ask(), ask(), ask()];
    expect(worker.calls).toHaveLength(1);
    asked[1]!.abort.abort();
    await expect(asked[1]!.outcome).rejects.toThrow();
    worker.reply(worker.calls[0]!, "1");
    expect(worker.calls).toHaveLength(2);
    worker.reply(worker.calls[1]!, "3");
    expect((await asked[2]!.outcome).body).toBe("3");
  });

  test("none that reads so slowly that frames pile up", async () => {
    const worker = await FakeWorker.connect();
    worker.backlog = 1e9;
    ask();
    expect(worker.calls).toHaveLength(0);
    worker.backlog = 0;
    advance(timings.absentMs);
    expect(worker.calls).toHaveLength(1);
  });

  test("none before it says that it is ready, where it wants to say so", async () => {
    const worker = await FakeWorker.connect({ manual: true });
    ask();
    expect(worker.calls).toHaveLength(0);
    worker.say(frame(kinds.workerReady));
    expect(worker.calls).toHaveLength(1);
  });

  test("none that pauses: what it has it finishes", async () => {
    const worker = await FakeWorker.connect();
    const { outcome } = ask();
    worker.say(frame(kinds.workerPause));
    const next = ask();
    worker.reply(worker.calls[0]!, "1");
    expect((await outcome).body).toBe("1");
    expect(worker.calls).toHaveLength(1);
    advance(timings.absentMs * 2);
    await expect(next.outcome).rejects.toThrow(PostponedError);
  });

  test("without any, runs are put back to the queue, for longer and longer", async () => {
    const pauses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { outcome } = ask();
      advance(timings.absentMs);
      const error: unknown = await outcome.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PostponedError);
      pauses.push((error as PostponedError).until - now);
      const worker = i === 0 ? await FakeWorker.connect() : null;
      if (worker) gateway.gone(worker.session!);
      advance(20_000);
    }
    expect(pauses[0]).toBe(2_000);
    expect(pauses[1]).toBeGreaterThan(pauses[0]!);
    expect(pauses[3]).toBe(30_000);
  });
});

describe("a worker that does not answer", () => {
  test("and has not confirmed: another one is asked, and what the first one says then is not heard", async () => {
    const first = await FakeWorker.connect();
    const { outcome } = ask();
    const second = await FakeWorker.connect();
    advance(timings.ackMs * 1.5);
    expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
    expect(first.extend(first.calls[0]!)).toBe("");
    first.reply(first.calls[0]!, "late");
    second.reply(second.calls[0]!, "2");
    expect((await outcome).body).toBe("2");
  });

  test("and has not confirmed when it goes: another one is asked at once", async () => {
    const first = await FakeWorker.connect();
    ask();
    const second = await FakeWorker.connect();
    gateway.gone(first.session!);
    expect(second.calls).toHaveLength(1);
  });

  test("none confirms: the call has failed", async () => {
    await FakeWorker.connect();
    const { outcome } = ask();
    for (let i = 0; i < 30; i++) advance(1_000);
    await expect(outcome).rejects.toThrow(UnreachableError);
  });

  test("and is gone: the call has failed when its lease ends", async () => {
    const worker = await FakeWorker.connect();
    const { outcome } = ask();
    worker.ack(worker.calls[0]!);
    gateway.gone(worker.session!);
    let failed = false;
    outcome.catch(() => (failed = true));
    advance(timings.leaseMs - 1);
    await new Promise(setImmediate);
    expect(failed).toBe(false);
    advance(timings.ackMs);
    await expect(outcome).rejects.toThrow(/`shop` that executed this is gone/);
  });

  test("but comes again by another connection: it keeps the call", async () => {
    const worker = await FakeWorker.connect();
    const { outcome } = ask();
    const [call] = worker.calls;
    worker.ack(call!);
    gateway.gone(worker.session!);
    const again = await FakeWorker.connect();
    for (let i = 0; i < 5; i++) {
      advance(timings.leaseMs * 0.6);
      again.say(frame(kinds.workerHeartbeat));
      expect(again.extend(call!)).toBe(call!.leaseId);
    }
    expect(again.calls).toHaveLength(0);
    again.reply(call!, "at last");
    expect((await outcome).body).toBe("at last");
  });

  test("within the time that a request may take, though it extends its lease", async () => {
    const worker = await FakeWorker.connect();
    const { outcome } = ask("shop-order", 1_000, 60_000);
    worker.ack(worker.calls[0]!);
    for (let i = 0; i < 13; i++) {
      advance(5_000);
      worker.say(frame(kinds.workerHeartbeat));
      worker.extend(worker.calls[0]!);
    }
    await expect(outcome).rejects.toThrow("has not answered within 60000 ms");
  });

  test("and sends no heart-beats: its connection is closed", async () => {
    const [silent, lively] = [await FakeWorker.connect(), await FakeWorker.connect()];
    for (let i = 0; i < 4; i++) {
      advance(timings.heartbeatMs);
      lively.say(frame(kinds.workerHeartbeat));
    }
    expect([silent.closed, lively.closed]).toEqual([["1008 CONSECUTIVE_HEARTBEATS_MISSED"], []]);
    expect(lively.kinds.filter((kind) => kind === kinds.gatewayHeartbeat)).toHaveLength(4);
  });
});

test("an answer that is too large fails for good", async () => {
  const worker = await FakeWorker.connect();
  const { outcome } = ask("shop-order", 3);
  worker.reply(worker.calls[0]!, "12345");
  await expect(outcome).rejects.toThrow(AnswerTooLargeError);
});

test("a connection that does not say who it is, is closed; so many are not let in", () => {
  const all = Array.from({ length: 101 }, () => new FakeWorker());
  expect(all.at(-1)!.closed).toEqual(["1013 too-many-connections: try again"]);
  advance(timings.handshakeMs * 2);
  expect(all[0]!.closed).toEqual(["1008 handshake-timeout"]);
});

test("a token is of one connection, and for a minute", async () => {
  const started = gateway.start();
  if (started.kind !== "started") throw new Error(started.kind);
  const connect = (connectionId: string) => {
    const worker = new FakeWorker();
    const authData = { sessionToken: started.sessionToken, syncToken: "" };
    const apps = [{ appName: "shop", functions: Buffer.from("[]") }];
    worker.say(frame(kinds.workerConnect, workerConnect, { connectionId, authData, apps }));
    return worker.closed[0];
  };
  expect(connect("another")).toContain("invalid-session-token");
  expect(connect(started.connectionId)).toBeUndefined();
  now += 61_000;
  expect(connect(started.connectionId)).toContain("invalid-session-token");
});

test("a gateway that stops gives out no calls, and lets workers finish what they have", async () => {
  const [busy, idle] = [await FakeWorker.connect(), await FakeWorker.connect()];
  const { outcome } = ask();
  busy.ack(busy.calls[0]!);
  gateway.drain();
  expect(gateway.start()).toEqual({ kind: "closing" });
  expect(() => ask()).toThrow(PostponedError);
  expect([busy, idle].map((worker) => worker.kinds.includes(kinds.gatewayClosing))).toEqual([false, true]);
  busy.reply(busy.calls[0]!, "1");
  expect((await outcome).body).toBe("1");
  expect(busy.kinds).toContain(kinds.gatewayClosing);
  gateway.close();
  expect(busy.closed).toEqual(["1001 GATEWAY_DRAINING"]);
  expect(gateway.hasWorkers).toBe(false);
  expect(timers).toEqual([]);
});
