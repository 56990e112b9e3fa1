/** The commands of the runtime as a user starts them. `npm test` builds before it tests. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const entry = join(repository, "dist/bundle/compiler/cli/main.js");

const environmentManifest = join(repository, "fixtures/compile/environment/expected/manifest.json");

const app = `
import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Stepwright } from "stepwright";
import { applicationFromDefinitions } from "stepwright/codegen";

const client = new Stepwright({ id: "shop" });
const note = (line) => appendFileSync("executed.log", line + "\\n");

const order = client.createFunction({ id: "order", triggers: [{ event: "order/placed" }] }, async ({ event, step }) => {
  await step.run("first", () => note("first " + event.data.id));
  await step.run("slow", async () => {
    note("slow begins " + event.data.id);
    await delay(event.data.ms ?? 0);
    note("slow ends " + event.data.id);
  });
  return step.run("last", () => event.data.id);
});
const hold = client.createFunction({ id: "hold", triggers: [{ event: "hold" }] }, ({ step }) => step.sleep("long", "1d"));
export default applicationFromDefinitions([order, hold]);
`;

let folder = "";
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-start-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules/stepwright"));
  writeFileSync(join(folder, "app.mjs"), app);
  writeFileSync(join(folder, "broken.mjs"), "throw new Error('no such table');");
  writeFileSync(join(folder, "other.mjs"), "export default 1;");
  mkdirSync(join(folder, "needing"));
  writeFileSync(join(folder, "needing/app.mjs"), "throw new Error('its modules ran');");
  writeFileSync(join(folder, "needing/manifest.json"), readFileSync(environmentManifest));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function launch(args: readonly string[], input = ""): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [entry, ...args], { cwd: folder });
  children.push(child);
  child.stdin.end(input);
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...texts })));
  return { child, ended };
}

const run = (args: readonly string[], input?: string) => launch(args, input).ended;

async function startServer(...args: string[]): Promise<Running> {
  const { child, ended } = launch(["start", "--app", "app.mjs", "--port", "0", ...args]);
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      const ready = /ready at (\S+) /.exec((text += chunk.toString()));
      if (ready?.[1] !== undefined) resolve(ready[1]);
    });
    void ended.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)));
  });
  return { url, child, ended };
}

async function waitForLine(line: string): Promise<void> {
  const log = join(folder, "executed.log");
  while (!existsSync(log) || !readFileSync(log, "utf8").split("\n").includes(line)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const countOf = (line: string) =>
  readFileSync(join(folder, "executed.log"), "utf8")
    .split("\n")
    .filter((each) => each === line).length;

/** Faster than the command, for what must happen before a signal. */
async function post(url: string, data: object): Promise<void> {
  const body = JSON.stringify({ name: "order/placed", data });
  const headers = { "content-type": "application/json" };
  expect((await fetch(`${url}/e/any`, { method: "POST", headers, body })).status).toBe(200);
}

async function resultOf(url: string): Promise<unknown> {
  const { data } = (await (await fetch(`${url}/v1/runs?limit=1`)).json()) as { data: { id: string }[] };
  return (await fetch(`${url}/v1/runs/${data[0]!.id}/result?wait=10000`)).json();
}

test("sends, lists, shows, and stops in order", async () => {
  const server = await startServer("--db", "a.db");
  const at = ["--url", server.url];
  writeFileSync(join(folder, "data.json"), '{"id":"from-file"}');
  const sent = await Promise.all([
    run(["send", "order/placed", "--data", '{"id":"given"}', "--id", "k1", ...at]),
    run(["send", "order/placed", "--data", "@data.json", "--json", ...at]),
    run(["send", "order/placed", "--data", "-", ...at], '{"id":"from-input"}'),
  ]);
  expect(sent.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: "" }));
  expect(sent[0]!.stdout).toMatch(/^[0-9A-Z]{26}\n$/);
  expect(JSON.parse(sent[1]!.stdout)).toMatchObject({ status: 200 });
  for (const id of ["given", "from-file", "from-input"]) await waitForLine(`slow ends ${id}`);
  await resultOf(server.url);

  const table = await run(["runs", "list", "--status", "completed", ...at]);
  expect(table.stdout.match(/ {2}completed +shop-order {2}/g)).toHaveLength(3);
  const listed = JSON.parse((await run(["runs", "list", "--json", "--limit", "1", ...at])).stdout);
  const id: string = listed.data[0].id;
  const shown = await run(["runs", "show", id, ...at]);
  expect(shown.stdout).toMatch(/✓ first .*\n.*✓ slow .*\n.*✓ last .*\nresult {3}"/);

  const missing = await run(["runs", "show", "none", ...at]);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error\[unknown-run\]: .*\n {2}= help: /) });
  const busy = await run(["verify", "--db", "a.db"]);
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("error[store-in-use]") });

  server.child.kill("SIGTERM");
  const { code, stdout } = await server.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^stepwright is ready at http:\/\/127\.0\.0\.1:\d+ \(shop, 2 functions, SQLite a\.db.*\)\nSIGTERM: .*\nstopped\n$/,
  );

  expect((await run(["runs", "show", id, "--db", "a.db"])).stdout).toBe(shown.stdout);
  const verified = await run(["verify", "--db", "a.db"]);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("3 runs, nothing is wrong") });
});

test("lets a running step finish, and the next start goes on behind it", async () => {
  const first = await startServer("--db", "b.db");
  await post(first.url, { id: "drained", ms: 1500 });
  await waitForLine("slow begins drained");
  first.child.kill("SIGINT");
  expect((await first.ended).code).toBe(0);
  expect(countOf("slow ends drained")).toBe(1);

  const second = await startServer("--db", "b.db");
  expect(await resultOf(second.url)).toMatchObject({ status: "completed", output: "drained" });
  expect([countOf("first drained"), countOf("slow begins drained")]).toEqual([1, 1]);
});

test("a second signal ends at once", async () => {
  const server = await startServer("--db", "c.db", "--drain", "60s");
  await post(server.url, { id: "stuck", ms: 60000 });
  await waitForLine("slow begins stuck");
  server.child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 300));
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(143);
});

test("after SIGKILL nothing is lost", async () => {
  const first = await startServer("--db", "d.db");
  await post(first.url, { id: "killed", ms: 2_000 });
  await waitForLine("slow begins killed");
  first.child.kill("SIGKILL");
  await first.ended;
  const verified = await run(["verify", "--db", "d.db"]);
  expect(verified.code).toBe(0);

  const second = await startServer("--db", "d.db");
  expect(await resultOf(second.url)).toMatchObject({ status: "completed", output: "killed" });
  expect([countOf("first killed"), countOf("slow begins killed")]).toEqual([1, 2]);
});

test("asks for its event key", async () => {
  const server = await startServer("--db", "memory", "--event-key", "k1", "--event-key", "k2");
  const send = (key: string) => run(["send", "x", "--event-key", key, "--url", server.url]);
  expect((await send("k2")).code).toBe(0);
  expect(await send("k3")).toMatchObject({ code: 1, stderr: expect.stringContaining("error[unknown-event-key]") });
});

test("cancels one run, and many as they are described; the id of an event counts again after the window", async () => {
  const server = await startServer("--db", "memory", "--dedupe-window", "1ms");
  const at = ["--url", server.url];
  const headers = { "content-type": "application/json" };
  const hold = async (plan: string): Promise<void> => {
    const body = JSON.stringify({ name: "hold", data: { plan }, id: plan });
    expect((await fetch(`${server.url}/e/any`, { method: "POST", headers, body })).status).toBe(200);
  };
  await hold("free");
  for (const after = Date.now() + 1; Date.now() <= after;) await new Promise((resolve) => setImmediate(resolve));
  await hold("free");
  await hold("pro");
  const many = ["cancel", "--app", "shop", "--function", "hold", ...at];
  const free = [...many, "--if", "event.data.plan == 'free'"];
  const counted = await Promise.all([
    run(free),
    run([...many, "--started-before", "2020-01-01T00:00:00Z"]),
    run([...many, "--started-after", "1h"]),
  ]);
  expect(counted.map(({ stdout }) => stdout.split(" ")[0])).toEqual(["2", "0", "3"]);

  const { stdout, stderr } = await run([...free, "--yes"]);
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringMatching(/^2 run\(s\) are being cancelled: http:\S+ tells/),
    stderr: "",
  });
  const cancellation = /http:\S+/.exec(stdout)![0];
  const ended = async () => ((await (await fetch(cancellation)).json()) as { data: { endedAt: string | null } }).data;
  while ((await ended()).endedAt === null) await new Promise((resolve) => setTimeout(resolve, 10));
  const left = (await (await fetch(`${server.url}/v1/runs`)).json()) as { data: { id: string; status: string }[] };
  expect(left.data.map(({ status }) => status).sort()).toEqual(["cancelled", "cancelled", "waiting"]);

  const { id } = left.data.find(({ status }) => status === "waiting")!;
  const [one, nothing] = await Promise.all([run(["cancel", id, ...at]), run(["cancel", "--app", "shop", ...at])]);
  expect(one).toMatchObject({ code: 0, stdout: `${id} cancelled\n` });
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining("name a run, or `--app`") });
});

test("says what is wrong with its options and surroundings", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const address = listener.address();
  const taken = String(typeof address === "object" && address !== null ? address.port : 0);
  const start = ["start", "--app", "app.mjs", "--db", "memory"];
  const cases: [string[], number, RegExp][] = [
    [["start"], 1, /^error: there is no `\.stepwright\/app\.mjs`\n {2}= help: run `stepwright build` first/],
    [["start", "--app", "broken.mjs"], 1, /^error: `broken\.mjs` could not be loaded\n {4}Error: no such table/],
    [
      ["start", "--app", "needing/app.mjs", "--db", "memory"],
      1,
      /^error\[missing-environment\]: \d environment variables are not set\n(?: {4}.*\n)* {4}`PAYMENTS_KEY` is read at src\/functions\.ts:8 by `charge`\n(?: {4}.*\n)* {2}= help: .*`--no-env-check`\n$/,
    ],
    [
      ["start", "--app", "needing/app.mjs", "--db", "memory", "--no-env-check"],
      1,
      /could not be loaded\n.*its modules ran/,
    ],
    [["start", "--app", "other.mjs"], 1, /^error: `other\.mjs` is not an application\n/],
    [[...start, "--port", taken], 1, /^error: port \d+ is in use\n {2}= help: /],
    [[...start, "--host", "192.0.2.1"], 1, /^error: this machine has no address `192\.0\.2\.1`\n/],
    [[...start, "--port", "80x"], 2, /Give a number from 0 to 65535/],
    [[...start, "--retry-interval", "soon"], 2, /Give a duration such as/],
    [["start", "--app", "app.mjs", "--db", "no/such/folder/a.db"], 1, /^error\[store-[a-z-]+\]: .*\n {2}= help: /],
    [["verify", "--db", "none.db"], 1, /^error: there is no database `none\.db`\n/],
    [["send", "x", "--url", "http://127.0.0.1:1"], 1, /^error: no server answers at http:\/\/127\.0\.0\.1:1 /],
    [["send", "x", "--url", "nowhere"], 1, /^error: `nowhere` is not a URL\n/],
    [["send", "x", "--data", "{a"], 1, /^error: the data is not JSON: /],
    [["send", "x", "--data", "@none.json"], 1, /^error: the data could not be read: /],
    [["send", "x", "--ts", "soon"], 1, /^error: `soon` is not a time\n/],
    [["runs", "list", "--limit", "0"], 2, /Give a number from 1 to 100/],
    [["runs", "list", "--status", "lost"], 2, /Allowed choices are queued, running/],
  ];
  for (const [args, code, message] of cases) {
    const ended = await run(args);
    expect({ args, code: ended.code, stderr: ended.stderr }).toEqual({
      args,
      code,
      stderr: expect.stringMatching(message),
    });
  }
  listener.close();
});
