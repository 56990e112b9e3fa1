/**
 * Next.js with its own code: the modules that execute a route of the app router and of the pages router, behind a server.
 * `npm run test:full` starts the whole framework besides, which compiles the routes first.
 */
import { createServer } from "node:http";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { closers, converse, listen, over, path, served } from "./conversation.test.program.js";
import { serve } from "./next.js";

const require = createRequire(import.meta.url);
// Next.js looks for it there, in each of its modules.
Object.assign(globalThis, { AsyncLocalStorage });
const previewProps = { previewModeId: "", previewModeEncryptionKey: "", previewModeSigningKey: "" };

test("a route of the app router", async () => {
  const { AppRouteRouteModule } = require("next/dist/server/route-modules/app-route/module.compiled.js");
  const { NextRequestAdapter } = require("next/dist/server/web/spec-extension/adapters/next-request.js");
  const { NodeNextRequest, NodeNextResponse } = require("next/dist/server/base-http/node.js");
  const { addRequestMeta } = require("next/dist/server/request-meta.js");
  const { sendResponse } = require("next/dist/server/send-response.js");
  const { GET, POST, PUT } = serve(served());
  const route = new AppRouteRouteModule({
    definition: { kind: "APP_ROUTE", page: `${path}/route`, pathname: path, filename: "route", bundlePath: "" },
    distDir: "",
    relativeProjectDir: "",
    resolvedPagePath: "app/api/inngest/route.ts",
    nextConfigOutput: undefined,
    userland: () => ({ GET, POST, PUT }),
  });
  const base = await listen((req, res) => {
    addRequestMeta(req, "initURL", `http://localhost:3000${req.url}`);
    const [request, response] = [new NodeNextRequest(req), new NodeNextResponse(res)];
    const context = {
      params: Promise.resolve({}),
      previewProps,
      sharedContext: { buildId: "test", deploymentId: "" },
      renderOpts: {
        experimental: {},
        supportsDynamicResponse: true,
        cacheLifeProfiles: {},
        onClose: (closed: () => void) => res.on("close", closed),
      },
    };
    const asked = NextRequestAdapter.fromNodeNextRequest(request, new AbortController().signal);
    route
      .handle(asked, context)
      .then((answer: Response) => sendResponse(request, response, answer))
      .catch((error: Error) => res.destroy(error));
  });
  await converse(over(base), base, "nextjs");
});

test("a route of the pages router", async () => {
  const { apiResolver } = require("next/dist/server/api-utils/node/api-resolver.js");
  const handler = serve(served());
  const base = await listen((req, res) => {
    const query = Object.fromEntries(new URL(req.url ?? "", "http://localhost").searchParams);
    const context = { ...previewProps, dev: false };
    apiResolver(req, res, query, { default: handler }, context, true, false, path).catch((error: Error) =>
      res.destroy(error),
    );
  });
  await converse(over(base), base, "nextjs");
});

const root = fileURLToPath(new URL("../../..", import.meta.url));
const route = `import { Stepwright } from "stepwright";
import { serve } from "stepwright/next";
const client = new Stepwright({ id: "shop", isDev: true });
const fn = client.createFunction({ id: "greet", triggers: [{ event: "a/b" }] }, async ({ step }) => step.run("x", () => 1));
`;

test.runIf(process.env["STEPWRIGHT_CRASH_KILLS"])(
  "the whole framework, both routers",
  { timeout: 120_000 },
  async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "stepwright-next-")));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    write("package.json", '{ "type": "module" }');
    write("next.config.mjs", 'export default { serverExternalPackages: ["stepwright"] };');
    write("app/layout.js", "export default ({ children }) => children;");
    write("app/api/inngest/route.js", `${route}export const { GET, POST, PUT } = serve({ client, functions: [fn] });`);
    write("pages/api/pages.js", `${route}export default serve({ client, functions: [fn] });`);
    mkdirSync(join(folder, "node_modules"));
    const modules = dirname(dirname(require.resolve("next/package.json")));
    for (const name of ["next", "react", "react-dom", "@next", "@swc", "styled-jsx"]) {
      symlinkSync(join(modules, name), join(folder, "node_modules", name));
    }
    symlinkSync(root, join(folder, "node_modules/stepwright"));
    const app = require("next")({ dev: true, dir: folder, webpack: true, quiet: true });
    await app.prepare();
    closers.push(() => app.close());
    const handle = app.getRequestHandler();
    const base = await listen(createServer((req, res) => void handle(req, res)));
    for (const url of [base, base.replace("/api/inngest", "/api/pages")]) {
      const told = await fetch(url);
      expect([url, told.status, told.headers.get("x-inngest-framework")]).toEqual([url, 200, "nextjs"]);
      const body = { event: { name: "a/b", data: {} }, events: [], steps: {}, ctx: { run_id: "r", attempt: 0 } };
      const called = await fetch(`${url}?fnId=shop-greet&stepId=step`, { method: "POST", body: JSON.stringify(body) });
      expect([called.status, await called.json()]).toMatchObject([206, [{ op: "StepRun", data: 1 }]]);
    }
  },
);
