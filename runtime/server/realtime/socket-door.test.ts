import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";

import { createRealtime } from "../../realtime/realtime.js";
import { openDoors } from "../web-sockets.js";
import { Heartbeat } from "./heartbeat.js";
import { Patience } from "./patience.js";
import { createSocketDoor, socketPath } from "./socket-door.js";

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.useRealTimers();
});

async function openDoor() {
  const realtime = createRealtime({ now: () => Date.now(), keys: [] });
  const heartbeat = new Heartbeat();
  const closing = new AbortController();
  const server = createServer();
  openDoors(server, new Map([[socketPath, createSocketDoor(realtime, heartbeat, closing.signal)]]));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () => closing.abort(),
    () => server.close(),
  );
  const token = realtime.tokens.create([{ channel: "c", name: "t" }], Date.now());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connect = async (options: object = {}): Promise<WebSocket> => {
    const socket = new WebSocket(`${url}${socketPath}?token=${token}`, options);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return socket;
  };
  return { ...realtime, heartbeat, connect, url };
}

const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once("close", resolve));

test("who does not answer is gone; who answers stays", async () => {
  const { hub, heartbeat, connect } = await openDoor();
  const dead = await connect({ autoPong: false });
  const alive = await connect();
  const answered = new Promise((resolve) => alive.once("ping", resolve));
  const end = closed(dead);
  heartbeat.beat();
  await answered;
  // Its answer is there when something that it says later is.
  const echo = new Promise((resolve) => alive.once("pong", resolve));
  alive.ping();
  await echo;
  heartbeat.beat();
  expect(await end).toBe(1006);
  expect(hub.publish({ kind: "data", channel: "c", topic: "t", data: "1" })).toBe(1);
  expect(alive.readyState).toBe(WebSocket.OPEN);
});

test("a reader that stops reading is cut off", async () => {
  const { hub, connect } = await openDoor();
  const socket = await connect();
  const end = closed(socket);
  socket.pause();
  const data = JSON.stringify("x".repeat(500_000));
  let reached = 1;
  for (let n = 0; n < 100 && reached > 0; n++) {
    reached = hub.publish({ kind: "data", channel: "c", topic: "t", data });
    // What the socket takes, it takes now.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([reached, hub.size]).toEqual([0, 0]);
  socket.resume();
  // Told, or, where it still does not read, not waited for.
  expect([1013, 1006]).toContain(await end);
});

test("another path has no WebSocket", async () => {
  const { url } = await openDoor();
  const socket = new WebSocket(`${url}/v1/realtime`);
  await expect(new Promise((_, reject) => socket.once("error", reject))).rejects.toThrow("404");
});

test("the heart beats while there is somebody", () => {
  vi.useFakeTimers();
  const heartbeat = new Heartbeat();
  const beats: string[] = [];
  const leave = heartbeat.add(() => beats.push("a"));
  const leaveToo = heartbeat.add(() => beats.push("b"));
  vi.advanceTimersByTime(30_000);
  leave();
  vi.advanceTimersByTime(30_000);
  leaveToo();
  expect([beats, vi.getTimerCount()]).toEqual([["a", "b", "b"], 0]);
});

test("a server is patient while a stream is published, and no longer", async () => {
  const server = createServer();
  server.requestTimeout = 30_000;
  const patience = new Patience(server);
  let finish = (): void => {};
  const stream = patience.during(() => new Promise<void>((resolve) => (finish = resolve)));
  await expect(patience.during(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(server.requestTimeout).toBeGreaterThan(600_000);
  finish();
  await stream;
  expect(server.requestTimeout).toBe(30_000);
});
