/** Workers that dial out over real WebSockets, with this package and both versions of the SDK: what is not as it should be. */
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";

import { applicationFromDefinitions } from "../../codegen/application.js";
import { createEngine } from "../../engine/create-engine.js";
import type { Engine } from "../../engine/engine.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { Gateway } from "../../transport/connect/gateway.js";
import { decode, encode } from "../../transport/connect/wire/codec.js";
import {
  executorRequest,
  frame,
  kinds,
  readFrame,
  reply,
  replyStatus,
  requestAck,
  startRequest,
  startResponse,
  subprotocol,
  workerConnect,
} from "../../transport/connect/wire/messages.js";
import { createServer } from "../create-server.js";
import { libraries, type Library, quiet, separateVersions } from "../sdk-libraries.test.program.js";

const key = "signkey-test-0123456789abcdef";
let skew = 0;
let timers: { at: number; fire: () => void }[] = [];
/** The gateway's time passes when a test says so. */
const clock = {
  now: () => 1_700_000_000_000 + skew,
  after(ms: number, fire: () => void) {
    const timer = { at: skew + ms, fire };
    timers.push(timer);
    return () => void (timers = timers.filter((each) => each !== timer));
  },
};
function advance(ms: number): void {
  for (const end = skew + ms; skew < end;) {
    skew = Math.min(end, ...timers.map(({ at }) => at));
    const due = timers.filter(({ at }) => at <= skew);
    timers = timers.filter(({ at }) => at > skew);
    for (const { fire } of due) fire();
  }
}

let engine: Engine;
let gateway: Gateway;
let server: ReturnType<typeof createServer>;
let url: string;
let sockets: Set<Socket>;
/** Told of each WebSocket that a worker opens. */
let opened: () => void;
const ends: (() => unknown)[] = [];

async function open(signingKeys: readonly string[] = []): Promise<void> {
  gateway = new Gateway({ clock });
  const app = applicationFromDefinitions([]);
  engine = createEngine({ store: createMemoryStore(), app, http: { workers: gateway }, retryIntervalMs: 1 });
  server = createServer({ engine, gateway, signingKeys });
  sockets = new Set();
  opened = () => {};
  server.server.on("upgrade", (_request, socket: Socket) => {
    sockets.add(socket);
    opened();
  });
  await engine.start();
  url = await server.listen({ host: "127.0.0.1", port: 0 });
}

beforeEach(() => {
  skew = 0;
  timers = [];
  separateVersions();
  // SDKs need one, which Node 20 does not have.
  globalThis.WebSocket ??= WebSocket as never;
  return open();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await engine.stop(0);
  gateway.close();
  await server.close();
});

const nextWorker = () => new Promise<void>((resolve) => (opened = resolve));

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}
function latch(): Latch {
  let release = (): void => {};
  const promise = new Promise<void>((resolve) => (release = resolve));
  return { opened: promise, open: release };
}

describe.each(Object.entries(libraries))("%s", (_, library: Library) => {
  /** A worker whose function waits until it may go on. */
  async function connectSlow() {
    const [began, mayEnd] = [latch(), latch()];
    let executions = 0;
    const { client, define } = library.open({ baseUrl: url });
    const slow = define({ id: "slow", retries: 0, triggers: [{ event: "slow/asked" }] }, async () => {
      executions++;
      began.open();
      await mayEnd.opened;
      return "at last";
    });
    const options = { apps: [{ client, functions: [slow] }], handleShutdownSignals: [], isolateExecution: false };
    const connection = await library.connect(options);
    ends.push(() => connection.close());
    return { connection, began, mayEnd, executions: () => executions };
  }

  async function begin(): Promise<string> {
    const { ids } = await engine.send([{ name: "slow/asked", data: {} }]);
    const { items } = await engine.store.runs.list({ eventId: ids[0]! }, 1, null);
    return items[0]!.id;
  }

  const endOf = async (runId: string) => {
    const result = await engine.result(runId, 10_000);
    return [result?.status, JSON.parse(result?.output ?? "null")];
  };

  test("a connection that breaks in mid-call: it comes again, and the handler is called once", async () => {
    const { began, mayEnd, executions, connection } = await connectSlow();
    const runId = await begin();
    await began.opened;
    await vi.waitFor(() => expect(gateway.callsAtWork).toBe(1), { interval: 5 });
    const again = nextWorker();
    for (const socket of sockets) socket.destroy();
    await again;
    await vi.waitFor(() => expect(connection.state).toBe("ACTIVE"), { timeout: 10_000, interval: 5 });
    mayEnd.open();
    expect(await endOf(runId)).toEqual(["completed", "at last"]);
    expect(executions()).toBe(1);
  });

  test("closed in mid-call: it answers what it has, and takes no more", async () => {
    const { began, mayEnd, connection } = await connectSlow();
    const runId = await begin();
    await began.opened;
    const closed = connection.close();
    expect(connection.state).toBe("CLOSING");
    mayEnd.open();
    expect(await endOf(runId)).toEqual(["completed", "at last"]);
    await closed;
    expect(connection.state).toBe("CLOSED");
  });
});

/** A worker that speaks the protocol by hand. */
class RawWorker {
  readonly #seen: { kind: number; payload: Uint8Array }[] = [];
  #look: () => void = () => {};
  /** Code and reason with which the connection has ended. */
  readonly ended: Promise<string>;

  constructor(
    readonly socket: WebSocket,
    readonly credentials: { connectionId: string; sessionToken: string },
  ) {
    socket.on("message", (data: Buffer) => {
      this.#seen.push(readFrame(data));
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`));
    });
    ends.push(() => socket.terminate());
  }

  static async dial(): Promise<RawWorker> {
    const response = await fetch(`${url}/v0/connect/start`, {
      method: "POST",
      headers: { "content-type": "application/protobuf" },
      body: new Uint8Array(encode(startRequest, {})),
    });
    const started = decode(startResponse, new Uint8Array(await response.arrayBuffer()));
    const worker = new RawWorker(new WebSocket(started.gatewayEndpoint, [subprotocol]), started);
    await worker.next(kinds.gatewayHello);
    return worker;
  }

  introduce(functions: unknown = [slowFunction], more: object = {}): void {
    const { connectionId, sessionToken } = this.credentials;
    const apps = [{ appName: "shop", functions: Buffer.from(JSON.stringify(functions)) }];
    const authData = { sessionToken, syncToken: "" };
    this.socket.send(frame(kinds.workerConnect, workerConnect, { connectionId, authData, apps, ...more }));
  }

  /** The next frame of that kind. */
  next(kind: number): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#look = () => {
        const index = this.#seen.findIndex((each) => each.kind === kind);
        if (index === -1) return;
        this.#look = () => {};
        resolve(this.#seen.splice(index, 1)[0]!.payload);
      };
      this.#look();
    });
  }

  async take() {
    const call = decode(executorRequest, await this.next(kinds.gatewayExecutorRequest));
    this.socket.send(frame(kinds.workerRequestAck, requestAck, { requestId: call.requestId }));
    return call;
  }
}

const slowFunction = {
  id: "shop-slow",
  triggers: [{ event: "slow/asked" }],
  steps: { step: { runtime: { type: "ws" }, retries: { attempts: 1 } } },
};

async function connectRaw(): Promise<RawWorker> {
  const worker = await RawWorker.dial();
  worker.introduce();
  await worker.next(kinds.gatewayConnectionReady);
  return worker;
}

test("a worker that is killed in mid-call: the call is made again, as another attempt, by another worker", async () => {
  const doomed = await connectRaw();
  const { runId } = await engine.invoke("shop-slow", {});
  await doomed.take();
  doomed.socket.terminate();
  await vi.waitFor(() => expect(gateway.hasWorkers).toBe(false), { interval: 5 });
  advance(gateway.timings.leaseMs + gateway.timings.ackMs);
  const other = await connectRaw();
  const call = await other.take();
  expect(JSON.parse(Buffer.from(call.requestPayload).toString()).ctx.attempt).toBe(1);
  const { requestId } = call;
  const answer = { requestId, status: replyStatus.done, body: Buffer.from(`"saved"`) };
  other.socket.send(frame(kinds.workerReply, reply, answer));
  expect(await engine.result(runId, 5_000)).toMatchObject({ status: "completed", output: `"saved"` });
});

test("an answer can be posted, and one that nobody waits for is taken, too", async () => {
  const worker = await connectRaw();
  const { runId } = await engine.invoke("shop-slow", {});
  const { requestId } = await worker.take();
  const post = (body: Uint8Array) =>
    fetch(`${url}/v0/connect/flush`, {
      method: "POST",
      headers: { "content-type": "application/protobuf" },
      body: new Uint8Array(body),
    });
  const answer = encode(reply, { requestId, status: replyStatus.done, body: Buffer.from("1") });
  expect([(await post(answer)).status, (await post(answer)).status]).toEqual([200, 200]);
  expect(await engine.result(runId, 5_000)).toMatchObject({ status: "completed", output: "1" });
  const malformed = await post(Buffer.from([0x0a, 0xff]));
  expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: { code: "malformed-frame" } }]);
});

/** The beginning of a masked binary frame of 64 MiB and a byte. */
const largeHeader = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x04, 0, 0, 1, 0, 0, 0, 0]);

function writeRaw(socket: WebSocket, bytes: Buffer): void {
  const { _socket: connection } = socket as unknown as { _socket: Socket };
  connection.write(bytes);
}

describe("a connection is closed that", () => {
  test.each<[string, (worker: RawWorker) => void, string]>([
    ["says something else first", ({ socket }) => socket.send(frame(kinds.workerReady)), "1008 not-connected"],
    ["sends what is no message", ({ socket }) => socket.send(Buffer.alloc(20, 0xff)), "1007 malformed-frame"],
    ["sends text", ({ socket }) => socket.send("hello"), "1003 unsupported-frame"],
    ["announces too much", ({ socket }) => writeRaw(socket, largeHeader), "1009"],
    [
      "has an old token",
      (worker) => worker.introduce([], { authData: { sessionToken: "1.ab" } }),
      "1008 invalid-session",
    ],
    ["runs nothing", (worker) => worker.introduce([], { apps: [] }), "1008 invalid-apps"],
    [
      "has a function without an id",
      (worker) => worker.introduce([{ ...slowFunction, id: "" }]),
      "1008 `functions.0.id`",
    ],
    ["has `__proto__` in it", (worker) => worker.introduce(JSON.parse(`[{"__proto__":{}}]`)), "1008 shop has the key"],
    [
      "has a function that cannot be",
      (worker) => worker.introduce([{ ...slowFunction, throttle: { limit: 1, period: "1 parsec" } }]),
      "1008 ",
    ],
  ])("%s", async (_, say, reason) => {
    const worker = await RawWorker.dial();
    say(worker);
    expect((await worker.ended).slice(0, reason.length)).toBe(reason);
    await vi.waitFor(() => expect(gateway.hasWorkers).toBe(false), { interval: 5 });
  });
});

test.each([
  ["/v0/connect", ["other"], 400],
  ["/elsewhere", [subprotocol], 404],
])("no WebSocket at %s with the protocol %j", async (path, protocols, status) => {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, protocols);
  const answered = new Promise((resolve) =>
    socket.on("unexpected-response", (_, { statusCode }) => resolve(statusCode)),
  );
  socket.on("error", () => {});
  expect(await answered).toBe(status);
});

describe("with a signing key", () => {
  beforeEach(async () => {
    await engine.stop(0);
    await server.close();
    await open([key]);
  });
  const { open: openClient, connect } = libraries["stepwright"]!;
  const connectWithKey = (signingKey: string, signingKeyFallback?: string) => {
    const { client, define } = openClient({
      baseUrl: url,
      isDev: false,
      signingKey,
      signingKeyFallback,
      logger: quiet,
    });
    const functions = [define({ id: "f", triggers: [{ event: "f/asked" }] }, async () => "done")];
    return connect({ apps: [{ client, functions }], handleShutdownSignals: [] });
  };

  test("the same, or the one that follows it, connects and is called", async () => {
    const connection = await connectWithKey("signkey-test-00", key);
    ends.push(() => connection.close());
    const { runId } = await engine.invoke("shop-f", {});
    expect(await engine.result(runId, 5_000)).toMatchObject({ status: "completed", output: `"done"` });
  });

  test("another one does not", async () => {
    await expect(connectWithKey("signkey-test-00")).rejects.toThrow(/answered 401[\s\S]*connection-refused/);
    expect(gateway.hasWorkers).toBe(false);
  });
});

test.each<[string, { apps?: []; twice?: true; count?: number }, string]>([
  ["no application", { apps: [] }, "invalid-apps"],
  ["one of them twice", { twice: true }, "duplicate-app"],
  ["more functions than a runtime takes", { count: 1_001 }, "connection-refused"],
])("connect() with %s says so", async (_name, given, code) => {
  const { open: openClient, connect } = libraries["stepwright"]!;
  const { client, define } = openClient({ baseUrl: url });
  const functions = Array.from({ length: given.count ?? 1 }, (_, n) =>
    define({ id: `f${n}`, triggers: [{ event: "f/asked" }] }, async () => "done"),
  );
  const app = { client, functions };
  const apps = given.apps ?? (given.twice ? [app, app] : [app]);
  await expect(connect({ apps, handleShutdownSignals: [] })).rejects.toThrow(code);
});

test("a runtime that stops while workers are connected", async () => {
  const worker = await connectRaw();
  gateway.drain();
  await worker.next(kinds.gatewayClosing);
  const refused = await fetch(`${url}/v0/connect/start`, { method: "POST" });
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("connect_gateway_closing")]);
  gateway.close();
  expect(await worker.ended).toBe("1001 GATEWAY_DRAINING");
});
