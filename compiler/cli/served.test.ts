/** A built application behind HTTP, and a runtime that has no project of its own. `npm test` builds before it tests. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const entry = join(repository, "dist/bundle/compiler/cli/main.js");

let folder = "";
const closers: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-served-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules/stepwright"));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

test("what was built is served with one line, and its answers name the build", () => {
  mkdirSync(join(folder, "src"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, module: "nodenext" }, include: ["src"] }),
  );
  writeFileSync(
    join(folder, "src/order.ts"),
    `import { Stepwright } from "stepwright";
const client = new Stepwright({ id: "shop", isDev: true });
export const order = client.createFunction({ id: "order" }, { event: "order/paid" }, async ({ step }) =>
  step.run("ship", () => "shipped"));
`,
  );
  execFileSync(process.execPath, [entry, "build"], { cwd: folder });
  writeFileSync(
    join(folder, "route.mjs"),
    `import { serve } from "stepwright/next";
import app from "./.stepwright/app.mjs";
export const { GET, POST, PUT } = serve(app);
`,
  );
  const program = `
    const { GET, POST } = await import("./route.mjs");
    const url = "http://shop.test/api/inngest";
    const hash = (answer) => answer.headers.get("x-stepwright-manifest");
    const told = await GET(new Request(url));
    const body = { event: { name: "order/paid", data: {} }, events: [], steps: {}, ctx: { run_id: "r", attempt: 0 } };
    const init = { method: "POST", body: JSON.stringify(body) };
    const called = await POST(new Request(url + "?fnId=shop-order&stepId=step", init));
    console.log(JSON.stringify([hash(told), hash(called), called.status, (await called.json())[0].data]));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: folder,
    encoding: "utf8",
  });
  const { hash } = JSON.parse(readFileSync(join(folder, ".stepwright/manifest.json"), "utf8"));
  expect(JSON.parse(printed)).toEqual([hash, hash, 206, "shipped"]);
});

test("`dev -u` runs an application that is served elsewhere, in a folder without a project", async () => {
  const server = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { Stepwright } from "stepwright";
       import { createServer } from "stepwright/node";
       const client = new Stepwright({ id: "shop", isDev: true });
       const fn = client.createFunction({ id: "greet", triggers: [{ event: "a/b" }] }, async ({ step }) => step.run("x", () => "hello"));
       const server = createServer({ client, functions: [fn] }).listen(0, "127.0.0.1", () => console.log(server.address().port));`,
    ],
    { cwd: folder },
  );
  closers.push(() => server.kill("SIGKILL"));
  const port = await printedBy(server, /^(\d+)$/m);
  const url = `http://127.0.0.1:${port}/api/inngest`;
  const runtime = spawn(process.execPath, [entry, "dev", "--port", "0", "--no-discovery", "-u", url], { cwd: folder });
  closers.push(() => runtime.kill("SIGKILL"));
  const ready = printedBy(runtime, /ready at (http\S+)/);
  await printedBy(runtime, /synced shop: 1 functions/);
  const started = await fetch(`${await ready}/invoke/shop-greet`, { method: "POST", body: "{}" });
  const { runId } = (await started.json()) as { runId: string };
  const result = await fetch(`${await ready}/v1/runs/${runId}/result?wait=10000`);
  expect(await result.json()).toMatchObject({ status: "completed", output: "hello" });
});

/** The first group of the pattern, once the process has printed it. */
function printedBy(child: ReturnType<typeof spawn>, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found) resolve(found[1] ?? "");
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", look);
    child.once("close", () => reject(new Error(`ended without ${pattern}: ${text}`)));
  });
}
