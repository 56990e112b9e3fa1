import { type Agent, request } from "node:http";

/** A request over a kept connection, without the cost of `fetch`. Throws when the answer is not a success. */
function call<T>(agent: Agent, port: number, method: string, path: string, body: string | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers =
      body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const outgoing = request({ host: "127.0.0.1", port, method, path, agent, headers, timeout: 60_000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const status = answer.statusCode ?? 0;
        if (status < 200 || status >= 300) reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`));
        // The server is ours, and what it answers is typed where it is read.
        else resolve(JSON.parse(text) as T);
      });
    });
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer in a minute`)));
    outgoing.end(body ?? undefined);
  });
}

export const getJson = <T>(agent: Agent, port: number, path: string): Promise<T> =>
  call<T>(agent, port, "GET", path, null);

export const postJson = <T>(agent: Agent, port: number, path: string, body: unknown): Promise<T> =>
  call<T>(agent, port, "POST", path, JSON.stringify(body));
