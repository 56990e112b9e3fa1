import { createServer, type RequestListener } from "node:http";

import { type Job, report } from "../job.js";

type Handler = (context: { event: any; step: any }) => Promise<unknown>;

const handlers: Record<string, Handler> = {
  three: async ({ event, step }) => {
    const { id } = event.data;
    const a = await step.run("s1", () => ({ ok: true, id, k: 1 }));
    const b = await step.run("s2", () => ({ ok: true, id, k: 2 }));
    const c = await step.run("s3", () => ({ ok: true, id, k: 3 }));
    return { a, b, c };
  },
  sequence: async ({ event, step }) => {
    const { n } = event.data;
    for (let i = 0; i < n; i++) await step.run(`s${i}`, () => ({ ok: true, i }));
    return { n };
  },
};

/** The application `sdk` with the functions `three` and `sequence`. */
export async function serveSdkApp(job: Job & { name: "sdk-app" }): Promise<void> {
  const server = createServer(job.sdk === "v3" ? await serveV3(job) : await serveV4(job));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the application has no port");
  const registered = await fetch(`http://127.0.0.1:${address.port}/api/inngest`, { method: "PUT" });
  if (!registered.ok) throw new Error(`the application could not register: ${await registered.text()}`);
  report({ kind: "listening", port: address.port });
}

const options = (runtimePort: number) => ({
  id: "sdk",
  isDev: true,
  baseUrl: `http://127.0.0.1:${runtimePort}`,
  logger: { info() {}, warn() {}, error: console.error, debug() {} },
});

async function serveV3({ runtimePort, checkpointing }: Job & { name: "sdk-app" }): Promise<RequestListener> {
  const { Inngest } = await import("inngest-v3");
  const { serve } = await import("inngest-v3/node");
  const client = new Inngest(options(runtimePort));
  const functions = Object.entries(handlers).map(([id, handler]) =>
    client.createFunction(
      { id, retries: 3, ...(checkpointing && { checkpointing: true }) },
      { event: `sdk/${id}` },
      handler as never,
    ),
  );
  return serve({ client, functions }) as RequestListener;
}

async function serveV4({ runtimePort, checkpointing }: Job & { name: "sdk-app" }): Promise<RequestListener> {
  const { Inngest } = await import("inngest-v4");
  const { serve } = await import("inngest-v4/node");
  const client = new Inngest({ ...options(runtimePort), checkpointing });
  const functions = Object.entries(handlers).map(([id, handler]) =>
    client.createFunction({ id, retries: 3, triggers: [{ event: `sdk/${id}` }] }, handler as never),
  );
  return serve({ client, functions }) as RequestListener;
}
