/** An application whose package.json has this package under the name `inngest`, from its sources to a finished run. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const entry = join(repository, "dist/bundle/compiler/cli/main.js");
const tsc = join(repository, "node_modules/typescript/bin/tsc");

const client = `import { EventSchemas, Inngest } from "inngest";

type Events = {
  "order/paid": { data: { orderId: string; total: number } };
  "order/noted": { data: {} };
  "order/go-on": { data: {} };
};

export const inngest = new Inngest({ id: "alias", schemas: new EventSchemas().fromRecord<Events>() });
`;

const ship = `import { NonRetriableError } from "inngest";
import { inngest } from "./client.js";

export const ship = inngest.createFunction({ id: "ship" }, { event: "order/paid" }, async ({ event, step }) => {
  if (event.data.total < 0) throw new NonRetriableError("a negative total");
  const parcel = await step.run("pack", () => ({ parcel: \`parcel of \${event.data.orderId}\` }));
  await step.sleep("cool off", "10ms");
  return parcel;
});
`;

const place = `import { eventType, staticSchema } from "inngest";
import { inngest } from "./client.js";
import { ship } from "./ship.js";

export const orderPlaced = eventType("order/placed", { schema: staticSchema<{ orderId: string; total: number }>() });

export const place = inngest.createFunction({ id: "place", triggers: [orderPlaced] }, async ({ event, step }) => {
  const shipped = await step.invoke("hand over", { function: ship, data: event.data });
  return { sent: shipped.parcel };
});
`;

const note = `import { inngest } from "./client.js";

export const note = inngest.createFunction({ id: "note" }, { event: "order/noted" }, async ({ step, logger }) => {
  logger.info("begins");
  await step.run("write", () => logger.info({ pages: 2 }, "writing"));
  logger.info("written");
  await step.waitForEvent("go on", { event: "order/go-on", timeout: "1h", lookback: "1h" });
  logger.warn("goes on");
  await step.run("close", () => logger.error("closing"));
});
`;

/** What a user writes to test the built application. */
const check = `import { readFileSync } from "node:fs";
import { crashEverywhere, replay, TestEnvironment } from "inngest/testing";
import app from "./.stepwright/app.mjs";

const order = { name: "order/placed", data: { orderId: "o2", total: 5 } };
const t = await TestEnvironment.start({ app });
await t.send(order);
await t.advance("1s");
const result = await t.result("place");
await t.close();
const { tried, differences } = await crashEverywhere({ app }, async (each) => {
  await each.send(order);
  await each.advance("1s");
});
const { divergence, replayed } = await replay(JSON.parse(readFileSync("run.json", "utf8")), { app });
console.log(JSON.stringify({ result, crashes: tried > 10, differences, divergence, replayed }));
`;

let folder = "";
let server: ChildProcess | null = null;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-alias-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules/inngest"));
  mkdirSync(join(folder, "src"));
  const compilerOptions = { strict: true, noEmit: true, module: "nodenext", resolveJsonModule: true, types: [] };
  write("package.json", JSON.stringify({ type: "module", dependencies: { inngest: "npm:stepwright" } }));
  write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["src", ".stepwright/*.ts"] }));
  write("src/client.ts", client);
  write("src/ship.ts", ship);
  write("src/place.ts", place);
  write("src/note.ts", note);
});

afterAll(async () => {
  await stopServer("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function run(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: folder, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** What the servers have written to their error output. */
let errors = "";

/** Gives the server's address. */
function startServer(): Promise<string> {
  const child = spawn(process.execPath, [entry, "start", "--port", "0"], { cwd: folder });
  server = child;
  let text = "";
  return new Promise((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      const ready = /ready at (\S+) /.exec((text += chunk.toString()));
      if (ready?.[1] !== undefined) resolve(ready[1]);
    });
    child.once("close", () => reject(new Error(`it ended: ${text}${errors}`)));
  });
}

async function stopServer(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (server?.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server?.once("close", resolve));
  server.kill(signal);
  await ended;
}

test("builds, type-checks and runs under the name `inngest`", { timeout: 60_000 }, async () => {
  const build = run(entry, "build");
  expect(build.stdout + build.stderr).toMatch(/^4 events, 3 functions, 6 steps in /);
  expect(build.status).toBe(0);
  expect(readFileSync(join(folder, ".stepwright/client.ts"), "utf8")).toContain('from "inngest/codegen"');
  expect(readFileSync(join(folder, ".stepwright/app.mjs"), "utf8")).not.toMatch(/from "stepwright/);
  expect(run(tsc, "-p", ".")).toEqual({ status: 0, stdout: "", stderr: "" });

  const url = await startServer();
  const send = run(entry, "send", "order/placed", "--data", '{"orderId":"o1","total":3}', "--url", url);
  expect(send.stderr).toBe("");
  const list = await (await fetch(`${url}/v1/runs?limit=10`)).json();
  const placed = list.data.find((each: { functionId: string }) => each.functionId === "alias-place");
  const result = await (await fetch(`${url}/v1/runs/${placed.id}/result?wait=10000`)).json();
  expect(result).toMatchObject({ status: "completed", output: { sent: "parcel of o1" } });

  const exported = run(entry, "runs", "export", placed.id, "--url", url);
  expect(exported.stderr).toBe("");
  write("run.json", exported.stdout);
  write("check.mjs", check);
  const checked = run(join(folder, "check.mjs"));
  expect(checked.stderr).toBe("");
  expect(JSON.parse(checked.stdout)).toEqual({
    result: { sent: "parcel of o2" },
    crashes: true,
    differences: [],
    divergence: null,
    replayed: 1,
  });
});

test("logs with pino: each line once, over a restart, with run, function and step", { timeout: 60_000 }, async () => {
  await stopServer("SIGTERM");
  errors = "";
  const first = await startServer();
  await send(first, "order/noted");
  const list = await (await fetch(`${first}/v1/runs?limit=10`)).json();
  const runId: string = list.data.find((each: { functionId: string }) => each.functionId === "alias-note").id;
  // Drains: what the handler has done is stored, and it is let go where it waits.
  await stopServer("SIGTERM");
  const second = await startServer();
  await send(second, "order/go-on");
  const ended = await (await fetch(`${second}/v1/runs/${runId}/result?wait=10000`)).json();
  expect(ended).toMatchObject({ status: "completed" });
  await stopServer("SIGTERM");
  const lines = errors
    .split("\n")
    .filter((line) => line.includes(runId))
    .map((line): Record<string, unknown> => JSON.parse(line));
  const of = { runId, functionId: "alias-note", attempt: 0, time: expect.any(Number) };
  expect(lines).toEqual([
    { ...of, level: 30, msg: "begins" },
    { ...of, level: 30, step: "write", pages: 2, msg: "writing" },
    { ...of, level: 30, msg: "written" },
    { ...of, level: 40, msg: "goes on" },
    { ...of, level: 50, step: "close", msg: "closing" },
  ]);
});

async function send(url: string, name: string): Promise<void> {
  const response = await fetch(`${url}/e/key`, { method: "POST", body: JSON.stringify({ name, data: {} }) });
  expect(response.status).toBe(200);
}
