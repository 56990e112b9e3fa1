/** `stepwright dev` as a user starts it. `npm test` builds before it tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const entry = join(repository, "dist/bundle/compiler/cli/main.js");

const source = (answer: string) => `import { Stepwright } from "stepwright";

const client = new Stepwright({ id: "shop" });

export const order = client.createFunction({ id: "order" }, { event: "order/paid" }, async ({ step }) => {
  await step.run("ship", () => "shipped");
  await step.sleep("pause", "1s");
  return step.run("answer", () => ${answer});
});
`;

let folder = "";
let child: ChildProcess;
let printed = "";
let seen = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-dev-"));
  mkdirSync(join(folder, "node_modules"));
  mkdirSync(join(folder, "src"));
  symlinkSync(repository, join(folder, "node_modules/stepwright"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, module: "nodenext" }, include: ["src"] }),
  );
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const write = (text: string) => writeFileSync(join(folder, "src/order.ts"), text);

function launch(): Promise<number | null> {
  printed = "";
  seen = 0;
  child = spawn(process.execPath, [entry, "dev", "--port", "0"], { cwd: folder });
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  }
  return new Promise((resolve) => child.on("close", resolve));
}

/** Waits for a text behind those that were waited for before. */
async function next(pattern: RegExp): Promise<RegExpExecArray> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = pattern.exec(printed.slice(seen));
    if (found) {
      seen += found.index + found[0].length;
      return found;
    }
    if (Date.now() > deadline) throw new Error(`${pattern} does not come:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function send(url: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/e/any`, { method: "POST", headers, body: '{"name":"order/paid"}' });
  expect(answer.status).toBe(200);
}

test("builds, runs, swaps what has changed, and keeps the last good build", async () => {
  write(source('"one"'));
  const ended = launch();
  await next(/built 1 function in .* → \.stepwright\n/);
  const url = (await next(/stepwright is ready at (\S+) \(shop, 1 function, SQLite \.stepwright\/dev\.db/))[1]!;
  await send(url);
  await next(/#1 shop-order ✓ ship/);
  await next(/#1 shop-order ◌ pause sleeps/);

  // the run sleeps meanwhile and goes on with the new code
  write(source('"two"'));
  await next(/built 1 function in .* → \.stepwright\n/);
  await next(/#1 shop-order ✓ answer .*"two"/);
  await next(/#1 shop-order completed/);
  expect(printed.match(/✓ ship/g)).toHaveLength(1);

  write(source('"three"').replace('"1s"', '"1 parsec"'));
  await next(/error\[invalid-duration\]/);
  await next(/not built: 1 error in .*; the last good build goes on\n/);
  await send(url);
  await next(/completed .*"two"/);

  write(source('"four"') + '\nif (order) throw new Error("not today");\n');
  await next(/could not be loaded\n {4}Error: not today/);
  await send(url);
  await next(/completed .*"two"/);

  write(source('"five"'));
  await next(/built 1 function/);
  await send(url);
  await next(/completed .*"five"/);

  child.kill("SIGTERM");
  expect(await ended).toBe(0);
}, 60_000);

test("waits for a program that can be built", async () => {
  write(source('"one"').replace('"1s"', '"1 parsec"'));
  const ended = launch();
  await next(/not built: 1 error/);
  write(source('"one"'));
  await next(/stepwright is ready at/);
  child.kill("SIGINT");
  expect(await ended).toBe(0);
}, 60_000);
