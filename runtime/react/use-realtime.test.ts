import { createRequire } from "node:module";
import { createElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useRealtime, type UseRealtimeOptions, type UseRealtimeResult } from "./use-realtime.js";

// Its types are no dependency of ours.
const require = createRequire(import.meta.url);
const { createRoot } = require("react-dom/client");
const { renderToString } = require("react-dom/server");

// As much of a page as React wants of one on which nothing is shown. It stays: React finishes some work after a test.
Object.assign(globalThis, { window: { HTMLIFrameElement: class {} } });

/** The connections that were asked for; each ends when the test says so. */
const streams: { url: string; send: (message: object) => void; end: () => void }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  streams.length = 0;
  vi.stubGlobal("WebSocket", undefined);
  vi.stubGlobal("fetch", async (url: string, { signal }: RequestInit) => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
    const send = (message: object): void => {
      const text = JSON.stringify({ kind: "data", channel: "orders", topic: "status", ...message });
      controller.enqueue(new TextEncoder().encode(`data: ${text}\n\n`));
    };
    streams.push({ url, send, end: () => controller.close() });
    return new Response(body);
  });
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const page = { visibilityState: "visible", listeners: new Set<() => void>() };
const node = () => ({ nodeType: 1, tagName: "DIV", addEventListener() {}, removeEventListener() {}, textContent: "" });

function mount(options: UseRealtimeOptions) {
  const view = { latest: null as unknown as UseRealtimeResult, render, unmount: () => root.unmount() };
  const ownerDocument = { nodeType: 9, addEventListener() {}, removeEventListener() {}, createElement: node };
  const root = createRoot({ ...node(), ownerDocument });
  function render(given: UseRealtimeOptions): void {
    const Show = () => {
      view.latest = useRealtime(given);
      return null;
    };
    component.current = Show;
    root.render(createElement(Stable, { run: given }));
  }
  const component = { current: (): null => null };
  // One component for all renderings, so that its state stays.
  const Stable = (_: { run: unknown }): null => component.current();
  render(options);
  return view;
}

const options = { channel: "orders", topics: ["status"], token: async () => "t1", apiBaseUrl: "http://r.test" };
const until = (test: () => unknown) => vi.waitFor(() => expect(test()).toBeTruthy(), { timeout: 10_000 });

test("shows messages as they come, the last ones, and how the run ends", async () => {
  const view = mount({ ...options, historyLimit: 2 });
  await until(() => view.latest?.connectionStatus === "open");
  expect(streams.map(({ url }) => url)).toEqual(["http://r.test/v1/realtime/sse?token=t1"]);
  expect(view.latest).toMatchObject({ runStatus: "running", messages: { all: [], last: null }, error: null });
  for (const n of [1, 2, 3]) streams[0]!.send({ data: n });
  await until(() => view.latest.messages.last?.data === 3);
  expect(view.latest.messages.all.map(({ data }) => data)).toEqual([2, 3]);
  expect(view.latest.messages.byTopic["status"]).toMatchObject({ data: 3 });
  view.latest.reset();
  await until(() => view.latest.messages.all.length === 0);
  view.unmount();
});

test("ends with the run", async () => {
  const view = mount({ ...options, channel: "r1", topics: ["$run"] });
  await until(() => view.latest?.connectionStatus === "open");
  streams[0]!.send({ kind: "run", channel: "r1", topic: "$run", data: { status: "completed", result: 7 } });
  await until(() => view.latest.connectionStatus === "closed");
  expect(view.latest).toMatchObject({ runStatus: "completed", result: 7 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams).toHaveLength(1);
  view.unmount();
});

test("connects again, with a token of its own, later each time", async () => {
  let asked = 0;
  const token = () => (++asked === 2 ? Promise.reject(new Error("no token")) : `t${asked}`);
  const view = mount({ ...options, token });
  await until(() => view.latest?.connectionStatus === "open");
  streams[0]!.end();
  await until(() => view.latest.connectionStatus === "closed");
  await vi.advanceTimersByTimeAsync(500);
  await until(() => view.latest.connectionStatus === "error");
  expect(view.latest.error?.message).toBe("no token");
  await vi.advanceTimersByTimeAsync(1_000);
  await until(() => view.latest.connectionStatus === "open");
  expect([streams.length, streams[1]!.url, view.latest.error]).toEqual([2, expect.stringContaining("t3"), null]);
  view.unmount();
});

test("reads nothing while it is disabled or hidden, and begins anew for another channel", async () => {
  vi.stubGlobal("document", {
    get visibilityState() {
      return page.visibilityState;
    },
    addEventListener: (_: string, listener: () => void) => page.listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => page.listeners.delete(listener),
  });
  const view = mount({ ...options, enabled: false });
  await until(() => view.latest?.pauseReason === "disabled");
  view.render(options);
  await until(() => view.latest.connectionStatus === "open");
  streams[0]!.send({ data: 1 });
  await until(() => view.latest.messages.all.length === 1);
  page.visibilityState = "hidden";
  for (const listener of page.listeners) listener();
  await until(() => view.latest.isPaused);
  expect(view.latest).toMatchObject({ pauseReason: "hidden", messages: { all: [{ data: 1 }] } });
  page.visibilityState = "visible";
  for (const listener of page.listeners) listener();
  await until(() => view.latest.connectionStatus === "open");
  view.render({ ...options, channel: "others" });
  await until(() => view.latest.connectionStatus === "open" && view.latest.messages.all.length === 0);
  expect(streams).toHaveLength(3);
  view.unmount();
  expect(page.listeners.size).toBe(0);
});

test("on a server it shows nothing, and asks for nothing", () => {
  const Show = () => useRealtime(options).connectionStatus;
  expect([renderToString(createElement(Show)), streams]).toEqual(["idle", []]);
});
