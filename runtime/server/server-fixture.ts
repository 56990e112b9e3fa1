/** A server on a free port, for the tests of this folder. */
import * as z from "zod";

import { applicationFromDefinitions } from "../codegen/application.js";
import { NonRetriableError, Stepwright } from "../define/index.js";
import { createEngine } from "../engine/create-engine.js";
import type { Store } from "../store/store.js";
import { createServer, type ServerOptions } from "./create-server.js";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface TestServer {
  readonly url: string;
  readonly errors: unknown[];
  get(path: string): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The result of the only run that the event started, once it has ended. */
  resultOf(eventId: string): Promise<Answer>;
  close(): Promise<void>;
}

const client = new Stepwright({ id: "shop" });

const definitions = [
  client.createFunction({ id: "greet", triggers: [{ event: "user/joined" }] }, async ({ event, step }: any) =>
    step.run("greet", () => `hello ${event.data.name}`),
  ),
  client.createFunction(
    { id: "double", retries: 0, triggers: [{ event: "number/given" }] },
    async ({ event, step }: any) => {
      const once = await step.run("once", () => event.data.n);
      return step.run({ id: "twice", name: "Twice" }, () => once * 2);
    },
  ),
  client.createFunction({ id: "wait", triggers: [{ event: "wait/asked" }] }, async ({ step }: any) => {
    await step.sleep("long", "1 day");
  }),
  client.createFunction({ id: "approve", triggers: [{ event: "approval/asked" }] }, async ({ event, step }: any) =>
    step.waitForSignal("approval", { signal: event.data.signal, timeout: "1 day" }),
  ),
  client.createFunction({ id: "break", retries: 0, triggers: [{ event: "break/asked" }] }, async ({ step }: any) =>
    step.run("burst", () => {
      throw new NonRetriableError("it burst");
    }),
  ),
];

export async function openTestServer(
  store: Store,
  serverOptions: Omit<ServerOptions, "engine" | "onError"> = {},
): Promise<TestServer> {
  const engine = createEngine({ store, app: applicationFromDefinitions(definitions), retryIntervalMs: 1 });
  const errors: unknown[] = [];
  const server = createServer({ ...serverOptions, engine, onError: (error) => errors.push(error) });
  await engine.start();
  const url = await server.listen({ host: "127.0.0.1", port: 0 });

  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    return { status: response.status, body: await response.json() };
  };
  const get = (path: string) => ask(path);
  return {
    url,
    errors,
    get,
    delete: (path) => ask(path, { method: "DELETE" }),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      }),
    async resultOf(eventId) {
      const { body } = await get(`/v1/events/${eventId}/runs`);
      const { data } = z.object({ data: z.array(z.object({ id: z.string() })).length(1) }).parse(body);
      return get(`/v1/runs/${data[0]!.id}/result?wait=5000`);
    },
    async close() {
      await server.close();
      await engine.stop(100);
      await store.close();
    },
  };
}
