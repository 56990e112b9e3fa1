/**
 * The process that crash.test.ts kills: an engine on a SQLite file that takes events as messages and acknowledges them when they are
 * durable. Arguments: database, step log, name of this process, seed.
 */
import { applicationFromDefinitions } from "../codegen/application.js";
import { createEngine } from "../engine/create-engine.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import { defineCrashFunctions } from "./crash-functions.js";
import { seededRandom } from "./seeded-random.js";

export type CrashRequest =
  | { readonly kind: "send"; readonly batch: number; readonly events: readonly unknown[] }
  /** Wait until every run has ended, then close. */
  | { readonly kind: "finish" };

export type CrashReport =
  | { readonly kind: "ready"; readonly violations: readonly string[] }
  | { readonly kind: "acknowledged"; readonly batch: number; readonly ids: readonly string[] }
  | { readonly kind: "refused"; readonly batch: number; readonly message: string }
  | { readonly kind: "finished" };

const [database = "", log = "", name = "", seed = "0"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const store = await openSqliteStore({ path: database });
const engine = createEngine({
  store,
  app: applicationFromDefinitions(defineCrashFunctions({ log, process: name, random })),
  retryIntervalMs: 20,
  limits: { parkAfterMs: 50 },
});
await engine.start();
const violations = await store.verify(Date.now());
report({ kind: "ready", violations: violations.map(({ code, message }) => `${code}: ${message}`) });

process.on("message", (request: CrashRequest) => {
  if (request.kind === "finish") return void finish();
  engine.send(request.events).then(
    ({ ids }) => report({ kind: "acknowledged", batch: request.batch, ids }),
    (error: unknown) => report({ kind: "refused", batch: request.batch, message: String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));

async function finish(): Promise<void> {
  for (;;) {
    const { queued, running, waiting } = await store.runs.count();
    if (queued + running + waiting === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await engine.stop();
  await store.close();
  report({ kind: "finished" });
}

function report(message: CrashReport): void {
  process.send?.(message);
}
