/**
 * `npm run --silent bench -- [--json] [--repetitions n] [--peers] [W1 …]`: measures what the runtime and the compiler reach on this
 * machine. With `--json` one object a line; without it a table beside the peers' figures.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { hasNodeSqlite } from "../store/sqlite/driver.js";
import { measureWorkload } from "./measure-workload.js";
import { renderResult } from "./render-table.js";
import { workloads } from "./workloads.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    repetitions: { type: "string", default: "3" },
    peers: { type: "boolean", default: false },
  },
});
const repetitions = Number(values.repetitions);
const unknown = positionals.filter((name) => !workloads.some((workload) => workload.name === name));
if (unknown.length > 0 || !Number.isInteger(repetitions) || repetitions < 1) {
  const names = workloads.map((workload) => workload.name).join(", ");
  console.error(
    unknown.length > 0 ? `there is no workload ${unknown.join(", ")}: ${names}` : "--repetitions: a number from 1",
  );
  process.exit(2);
}

const versions = {
  stepwright: readVersion(),
  node: process.version,
  sqlite: (await hasNodeSqlite()) ? "node:sqlite" : "better-sqlite3",
};
const chosen = workloads.filter((workload) => positionals.length === 0 || positionals.includes(workload.name));
for (const workload of chosen) {
  const result = await measureWorkload(workload, { repetitions, withPeers: values.peers });
  if (!values.json) {
    console.log(renderResult(workload, result));
    continue;
  }
  const { workload: name, figures, ...rest } = result;
  const settings = { ...workload.settings, synchronous: "FULL", cores: availableParallelism() };
  console.log(JSON.stringify({ workload: name, ...figures, ...rest, settings, versions }));
}

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
