/**
 * The suites of the official SDK against this runtime:
 *
 *     node .ci/sdk-suite.mjs [--examples] <checkout>/packages/inngest [part of a file's path …]
 *
 * Without `--examples` its integration suite; with it the suite of its example functions, which are served by the official SDK of
 * the checkout's major version (3 or 4). The checkout has its dependencies installed; nothing in it is built or changed. Ours is
 * what `npm run build` wrote. Prints passed and failed for each file, with the first line of each failure; the exit code is 1 where
 * something failed, and 2 where nothing could be judged.
 */
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

/** The suites have all three written into them. */
const port = 8288;
const gatewayPort = port + 1;
const examplesPort = 3000;
const ours = fileURLToPath(new URL("..", import.meta.url));
const entry = join(ours, "dist/bundle/compiler/cli/main.js");

const { values: options, positionals } = parseArgs({
  options: { examples: { type: "boolean" } },
  allowPositionals: true,
});
const [folder, ...wanted] = positionals;
if (folder === undefined)
  give("usage: node .ci/sdk-suite.mjs [--examples] <checkout>/packages/inngest [part of a file's path …]");
const suite = resolve(folder);
const examples = "src/test/functions";
const needed = options.examples ? join(examples, "index.ts") : "vitest.config.integration.ts";
if (!existsSync(join(suite, needed))) give(`${suite} has no ${needed}: give the folder packages/inngest of a checkout`);
if (!existsSync(entry)) give("this runtime is not built: npm run build");
// Another server there would be what is judged.
for (const each of options.examples ? [port, gatewayPort, examplesPort] : [port, gatewayPort])
  if (!(await isFree(each))) give(`port ${each} is taken: stop what listens there`);

const scratch = mkdtempSync(join(tmpdir(), "stepwright-sdk-suite-"));
let runtime = null;
let suiteRun = null;
let served = null;
// Who interrupts it leaves no server behind that the next one finds on the port.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    runtime?.kill("SIGKILL");
    suiteRun?.kill("SIGTERM");
    rmSync(scratch, { recursive: true, force: true });
    give(`stopped by ${signal}`);
  });
}
let failed = 0;
try {
  if (options.examples) served = await serveExamples();
  runtime = await startRuntime();
  failed = report(await runSuite());
} finally {
  if (runtime) await stop(runtime);
  served?.close();
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

function give(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function isFree(candidate) {
  return new Promise((free) => {
    const probe = createServer();
    probe.once("error", () => free(false));
    probe.listen(candidate, "127.0.0.1", () => probe.close(() => free(true)));
  });
}

/** Resolves when it listens. What it prints is kept for when it dies. */
async function startRuntime() {
  const args = [
    ...["dev", "--db", "memory", "--port", String(port), "--connect-gateway-port", String(gatewayPort)],
    ...["--no-discovery", "--retry-interval", "1s"],
    // Without a project, `dev` wants to know of an application. Port 1 never answers: the integration suite's register themselves.
    ...["--sdk-url", `http://localhost:${options.examples ? examplesPort : 1}/api/inngest`],
  ];
  const child = spawn(process.execPath, [entry, ...args], { cwd: scratch, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(scratch, "runtime.log"));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  await new Promise((ready, reject) => {
    let text = "";
    const look = (chunk) => {
      text += chunk.toString();
      if (/ready at http/.test(text)) ready();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) =>
      reject(new Error(`the runtime ended with code ${code} before it was ready:\n${text}`)),
    );
  });
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    process.stdout.write(
      `the runtime ended by itself:\n${readFileSync(join(scratch, "runtime.log"), "utf8").slice(-4000)}\n`,
    );
    return;
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  // A second signal stops it at once: what still runs is of no use to anybody.
  child.kill("SIGINT");
  await ended;
}

/** The example functions behind the official SDK, as an application of its own would serve them. */
async function serveExamples() {
  const { version } = JSON.parse(readFileSync(join(suite, "package.json"), "utf8"));
  const bundle = join(scratch, "examples.mjs");
  await build({
    stdin: {
      contents: `import { functions, inngest } from "./${examples}/index.ts";
        import { createServer } from "inngest/node";
        export const server = createServer({ client: inngest, functions });`,
      resolveDir: suite,
    },
    bundle: true,
    outfile: bundle,
    platform: "node",
    format: "esm",
    absWorkingDir: ours,
    alias: { inngest: `inngest-v${version.split(".")[0]}` },
    // Some of its dependencies are CommonJS.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  const { server } = await import(pathToFileURL(bundle).href);
  await new Promise((listening, reject) => server.once("error", reject).listen(examplesPort, "localhost", listening));
  return server;
}

/** The checkout's own leaves the folder out. */
function writeExamplesConfig() {
  const file = join(scratch, "vitest.config.mjs");
  const config = {
    root: suite,
    resolve: { alias: { inngest: join(suite, "src/index.ts") } },
    test: { globals: true, include: [`${examples}/**/*.test.ts`] },
  };
  writeFileSync(file, `export default ${JSON.stringify(config)};`);
  return file;
}

async function runSuite() {
  const results = join(scratch, "results.json");
  const config = options.examples ? writeExamplesConfig() : "vitest.config.integration.ts";
  const args = ["vitest", "run", "--config", config, "--reporter=json", `--outputFile=${results}`, ...wanted];
  const env = { ...process.env, DEV_SERVER_ENABLED: "0" };
  const child = spawn("npx", ["--no-install", ...args], { cwd: suite, env, stdio: ["ignore", "pipe", "pipe"] });
  suiteRun = child;
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text = (text + chunk).slice(-8000)));
  await new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  if (!existsSync(results)) throw new Error(`the suite wrote no results:\n${text}`);
  return JSON.parse(readFileSync(results, "utf8"));
}

/** Prints what became of each file; gives the number of failures. */
function report({ testResults }) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  // vitest tells of a file twice: once of what ran, once of its types.
  for (const [name, parts] of groupByName(testResults)) {
    const tests = parts.flatMap(({ assertionResults }) => assertionResults);
    const count = (status) => tests.filter((each) => each.status === status).length;
    // A file that does not load has no tests, and is a failure all the same.
    const broken = parts.filter((part) => part.status === "failed" && part.assertionResults.length === 0);
    const passed = count("passed");
    const failed = count("failed") + broken.length;
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += tests.length - passed - count("failed");
    const mark = failed === 0 ? "ok  " : "FAIL";
    process.stdout.write(`${mark} ${relative(suite, name)}: ${passed} passed, ${failed} failed\n`);
    for (const { status, fullName, failureMessages } of tests) {
      if (status === "failed") process.stdout.write(`       ${fullName}: ${firstLine(failureMessages[0])}\n`);
    }
    for (const { message } of broken) process.stdout.write(`       ${firstLine(message)}\n`);
  }
  if (sum.passed + sum.failed === 0) throw new Error("no test was executed");
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  return sum.failed;
}

function groupByName(testResults) {
  const files = new Map();
  for (const part of testResults) files.set(part.name, [...(files.get(part.name) ?? []), part]);
  return files;
}

function firstLine(text) {
  return (text ?? "").split("\n", 1)[0].slice(0, 300);
}
