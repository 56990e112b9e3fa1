import type { FastifyInstance } from "fastify";

import type { ApplicationFunction } from "../../codegen/application.js";
import { RemoteFunction } from "../../define/remote-function.js";
import type { ServerContext } from "../server-context.js";

/** `GET /dev`: by this, SDKs in development find the runtime, and see whether it has their functions. */
export function addDevRoute(server: FastifyInstance, { engine, remotes }: ServerContext): void {
  server.get("/dev", async () => ({
    version: "stepwright",
    authed: true,
    startOpts: { autodiscover: false, urls: remotes.all.map(({ url }) => url) },
    functions: engine.app.functions.map(describeFunction),
    handlers: remotes.all.map(({ id, url, sdk }) => ({ appName: id, url, sdk })),
  }));
}

/** As the Inngest dev server tells of one. A function of this process is called without a step of that kind. */
function describeFunction({ fullId, entry, definition }: ApplicationFunction): object {
  const isRemote = definition instanceof RemoteFunction;
  return {
    id: fullId,
    name: entry.name ?? entry.id,
    triggers: entry.triggers.flatMap((trigger): object[] => {
      if (trigger.kind === "event") return [{ event: trigger.event, expression: trigger.if?.source }];
      return trigger.kind === "cron" ? [{ cron: trigger.source }] : [];
    }),
    steps: isRemote ? [{ id: "step", name: "step", uri: definition.url }] : [],
  };
}
