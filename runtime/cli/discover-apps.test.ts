import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";

import { findApps } from "./discover-apps.js";

const servers: http.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(answer: (path: string) => { status: number; headers?: Record<string, string> }) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, headers } = answer(request.url ?? "");
    response.writeHead(status, { connection: "close", ...headers }).end("{}");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return { port: (server.address() as AddressInfo).port, asked };
}

test("finds where an SDK answers, only by reading", async () => {
  const app = await listen((path) =>
    path === "/x/inngest" ? { status: 200, headers: { "x-inngest-sdk": "go:v1" } } : { status: 404 },
  );
  const other = await listen(() => ({ status: 302, headers: { location: "http://elsewhere.invalid/" } }));
  const gone = await listen(() => ({ status: 200 }));
  await new Promise((resolve) => servers.pop()!.close(resolve));
  expect(await findApps([other.port, gone.port, app.port])).toEqual([`http://localhost:${app.port}/x/inngest`]);
  expect(app.asked).toEqual(["GET /api/inngest", "GET /api/stepwright", "GET /x/inngest"]);
  expect(other.asked.every((each) => each.startsWith("GET /"))).toBe(true);
});
