import type { FastifyInstance } from "fastify";

import type { ServerContext } from "../server-context.js";

/** `GET /dev`: by this, SDKs in development find the runtime. */
export function addDevRoute(server: FastifyInstance, { engine, remotes }: ServerContext): void {
  server.get("/dev", async () => ({
    version: "stepwright",
    authed: true,
    startOpts: { autodiscover: false, urls: remotes.all.map(({ url }) => url) },
    functions: engine.app.functions.map(({ fullId, entry }) => ({ id: fullId, name: entry.name ?? entry.id })),
    handlers: remotes.all.map(({ id, url, sdk }) => ({ appName: id, url, sdk })),
  }));
}
