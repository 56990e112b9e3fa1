import type { Endpoint } from "./endpoint.js";
import { StepwrightError } from "./errors.js";

/** What comes over a connection. */
export interface Listener {
  /** JSON of one message, in order. */
  message(text: string): void;
  /** Nothing more comes; an error where that was not agreed. Once. */
  ended(error: Error | null): void;
}

/** Resolves when what is published from then on arrives; gives what ends the connection. @throws StepwrightError `subscribe-failed` */
export function connect(token: string, endpoint: Endpoint, listener: Listener): Promise<() => void> {
  return typeof WebSocket === "undefined"
    ? readEvents(token, endpoint, listener)
    : openSocket(token, endpoint, listener);
}

function openSocket(token: string, { apiUrl }: Endpoint, listener: Listener): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const url = `${apiUrl.replace(/^http/, "ws")}/v1/realtime/connect?token=${encodeURIComponent(token)}`;
    const socket = new WebSocket(url);
    let opened = false;
    let closing = false;
    socket.onopen = () => {
      opened = true;
      resolve(() => {
        closing = true;
        socket.close(1000);
      });
    };
    socket.onmessage = ({ data }) => typeof data === "string" && listener.message(data);
    socket.onclose = ({ code, reason }) => {
      const why = reason || `the connection was closed with ${code}`;
      if (!opened) return reject(new StepwrightError("subscribe-failed", why));
      listener.ended(closing || code === 1000 || code === 1001 ? null : new StepwrightError("subscription-lost", why));
    };
    // What is wrong, it does not say; the end follows.
    socket.onerror = () => {};
  });
}

/** Where the platform has no WebSocket: server-sent events, which a plain request can read. */
async function readEvents(token: string, { apiUrl, fetch }: Endpoint, listener: Listener): Promise<() => void> {
  const abortion = new AbortController();
  const response = await fetch(`${apiUrl}/v1/realtime/sse?token=${encodeURIComponent(token)}`, {
    headers: { accept: "text/event-stream" },
    signal: abortion.signal,
  }).catch((cause: unknown) => {
    throw new StepwrightError("subscribe-failed", messageOf(cause), { cause });
  });
  if (!response.ok || !response.body) {
    const text = (await response.text()).slice(0, 500);
    throw new StepwrightError("subscribe-failed", `the server answered ${response.status}: ${text}`);
  }
  void readLines(response.body, (line) => line.startsWith("data: ") && listener.message(line.slice("data: ".length)))
    .then(() => null)
    .catch((cause: unknown) => {
      return abortion.signal.aborted ? null : new StepwrightError("subscription-lost", messageOf(cause), { cause });
    })
    .then((error) => listener.ended(error));
  return () => abortion.abort();
}

async function readLines(body: ReadableStream<Uint8Array>, take: (line: string) => unknown): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
