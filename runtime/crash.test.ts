/**
 * Kills a real process with SIGKILL, again and again, while it takes events and runs functions, and then looks at what the store and
 * the outside world (a file that each step's body appends to) say about it.
 *
 * STEPWRIGHT_CRASH_KILLS: how often (default 50). STEPWRIGHT_CRASH_SEED: repeats a sequence of loads and moments.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { FailedAttempt } from "./store/records.js";
import type { RunSnapshot, Store } from "./store/store.js";
import { openDatabase } from "./store/sqlite/driver.js";
import { openSqliteStore } from "./store/sqlite/open-sqlite-store.js";
import { crashLimits, crashStepLimits } from "./testing/crash-functions.js";
import { CrashProcess } from "./testing/crash-process.js";
import { seededRandom } from "./testing/seeded-random.js";

const kills = Number(process.env["STEPWRIGHT_CRASH_KILLS"] ?? 50);
const seed = Number(process.env["STEPWRIGHT_CRASH_SEED"] ?? Date.now() % 1_000_000);
const mostUnacknowledged = 20;
const mostEventsARound = 60;

interface Execution {
  readonly name: string;
  /** The process that it happened in. */
  readonly process: string;
}

/** What the parent knows to have sent. */
interface Sent {
  readonly name: string;
  readonly key: string;
  /** The event's id in the store; null while it is not acknowledged. */
  id: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "stepwright-crash-"));
const database = join(folder, "crash.db");
const log = join(folder, "steps.log");
const random = seededRandom(seed);

const sent: Sent[] = [];
const foundAfterRestart: string[] = [];
const foundAtKill: string[] = [];
/** `<run> <step>` → the execution whose result was in the journal at a kill. */
const committedAtKills = new Map<string, string>();
const refusals: string[] = [];
let runs: RunSnapshot[] = [];
let executions: ReadonlyMap<string, readonly Execution[]>;
let ledger: Ledger;
let lastProcess = "";

beforeAll(
  async () => {
    console.log(`crash test: ${kills} kills, seed ${seed}`);
    writeFileSync(log, "");
    for (let round = 0; round < kills; round++) await oneLife(round);

    lastProcess = `p${kills}`;
    const survivor = new CrashProcess({ database, log, name: lastProcess, seed: seed + kills });
    foundAfterRestart.push(...(await survivor.ready()));
    await survivor.finish();

    const store = await openSqliteStore({ path: database });
    foundAtKill.push(...(await verify(store)));
    runs = await readAllRuns(store);
    await store.close();
    ledger = await readLedger(database);
    executions = readLog();
    const repeated = [...executions.values()].reduce((sum, list) => sum + list.length, 0);
    console.log(`crash test: ${sent.length} events sent, ${runs.length} runs, ${repeated} executions of step bodies`);
  },
  60_000 + kills * 4_000,
);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One process: started on what the one before has left, loaded, and killed at some moment. */
async function oneLife(round: number): Promise<void> {
  const child = new CrashProcess({ database, log, name: `p${round}`, seed: seed + round });
  const batches = new Map<number, readonly Sent[]>();
  child.onAcknowledged = (batch, ids) => {
    batches.get(batch)?.forEach((event, index) => (event.id = ids[index] ?? null));
    batches.delete(batch);
  };
  const early = random() < 0.15;
  // now and then it does not get to say that it runs
  if (!early) foundAfterRestart.push(...(await child.ready()));
  const until = Date.now() + random() * (early ? 400 : 450);
  for (let batch = 0, events = 0; Date.now() < until; batch++) {
    if (batches.size < mostUnacknowledged && events < mostEventsARound) {
      const made = makeEvents(`${round}.${batch}`);
      events += made.length;
      batches.set(
        batch,
        made.map((event) => event.sent),
      );
      sent.push(...made.map((event) => event.sent));
      child.send(
        batch,
        made.map((event) => event.event),
      );
    }
    await elapse(1 + random() * 6);
  }
  await child.kill();
  refusals.push(...child.refusals);
  // every other process finds the file just as the killed one left it
  if (round % 2 === 0) await lookIntoCopy();
}

function makeEvents(prefix: string): { sent: Sent; event: unknown }[] {
  const names = ["crash/chain", "crash/chain", "crash/parent", "crash/wait", "crash/doomed", "crash/ledger"];
  names.push("crash/limited", "crash/limited", "crash/stepped");
  const count = 1 + Math.floor(random() * 3);
  return Array.from({ length: count }, (_, index) => {
    const key = `${prefix}.${index}`;
    const name = names[Math.floor(random() * names.length)] ?? "crash/chain";
    const made = [make(name, key)];
    // sometimes at once, sometimes too early, mostly never
    if (name === "crash/wait" && random() < 0.5) made.push(make("crash/answer", key));
    return made;
  }).flat();

  function make(name: string, key: string): { sent: Sent; event: unknown } {
    const id = `${name}/${key}`;
    return {
      sent: { name, key: id, id: null },
      event: { name, id, data: { id: key, key: `k${Math.floor(random() * 4)}`, pause: random() } },
    };
  }
}

async function verify(store: Store): Promise<string[]> {
  return (await store.verify(Date.now())).map(({ code, message }) => `${code}: ${message}`);
}

async function lookIntoCopy(): Promise<void> {
  const copy = join(folder, "copy.db");
  for (const suffix of ["", "-wal"]) {
    rmSync(copy + suffix, { force: true });
    if (existsSync(database + suffix)) copyFileSync(database + suffix, copy + suffix);
  }
  const store = await openSqliteStore({ path: copy });
  foundAtKill.push(...(await verify(store)));
  const copied = await readAllRuns(store);
  for (const run of copied) {
    for (const [step, committed] of committedOf(run)) {
      const settled = committed.at(-1) ?? "";
      // never replaced by a later one: what is in a journal stays
      if (!committedAtKills.has(step)) committedAtKills.set(step, settled);
    }
  }
  await store.close();
  const { entries, balance } = await readLedger(copy);
  const journalled = copied.flatMap(journalledEntries);
  if (entries.toSorted().join() !== journalled.toSorted().join()) foundAtKill.push("rows and journal differ");
  if (balance !== balanceOf(journalled)) foundAtKill.push(`the balance is ${balance}`);
}

interface Ledger {
  /** `<run> <side>`. */
  readonly entries: readonly string[];
  readonly balance: number;
}

/** What the transactions have left in the user's tables. */
async function readLedger(path: string): Promise<Ledger> {
  const file = await openDatabase(path);
  try {
    const tables = file.prepare("SELECT name FROM sqlite_schema WHERE name IN ('balance', 'entries')").all([]);
    if (tables.length === 0) return { entries: [], balance: 0 };
    const entries = file.prepare("SELECT run || ' ' || side AS entry FROM entries").all([]);
    const [row] = file.prepare("SELECT value FROM balance").all([]);
    return { entries: entries.map(({ entry }) => String(entry)), balance: Number(row?.["value"]) };
  } finally {
    file.close();
  }
}

/** The entries that the journal says were made. */
function journalledEntries({ run, journal }: RunSnapshot): string[] {
  const done = (key: string): boolean => journal.some((step) => step.key === key && step.status === "completed");
  return [...(done("credit") ? [`${run.id} credit`] : []), ...(done("credit:rollback") ? [`${run.id} debit`] : [])];
}

function balanceOf(entries: readonly string[]): number {
  return entries.reduce((sum, entry) => sum + (entry.endsWith("credit") ? 1 : -1), 0);
}

async function readAllRuns(store: Store): Promise<RunSnapshot[]> {
  const all: RunSnapshot[] = [];
  for (let cursor: string | null = null; ;) {
    const page = await store.runs.list({}, 100, cursor);
    all.push(...(await store.runs.snapshots(page.items.map((run) => run.id))));
    if (page.next === null) return all;
    cursor = page.next;
  }
}

/** By `<run> <step>`, in the order of execution. */
function readLog(): Map<string, Execution[]> {
  const byStep = new Map<string, Execution[]>();
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const [run, step, name] = line.split(" ");
    if (run === undefined || step === undefined || name === undefined) continue;
    const list = byStep.get(`${run} ${step}`) ?? [];
    byStep.set(`${run} ${step}`, [...list, { name, process: name.split(".")[0] ?? "" }]);
  }
  return byStep;
}

/** So many executed at one time, by key; "" for over all. */
function mostExecuting(path: string): Record<string, number> {
  let executing: string[] = [];
  let living = "";
  const most: Record<string, number> = {};
  for (const line of readFileSync(path, "utf8").trim().split("\n")) {
    const [sign = "", process = "", key = ""] = line.split(" ");
    // What a killed process was executing ended with it.
    if (process !== living) [living, executing] = [process, []];
    if (sign === "-") executing.splice(executing.indexOf(key), 1);
    else executing.push(key);
    most[""] = Math.max(most[""] ?? 0, executing.length);
    most[key] = Math.max(most[key] ?? 0, executing.filter((other) => other === key).length);
  }
  return most;
}

const messageOf = (failure: FailedAttempt): string => (JSON.parse(failure.error) as { message: string }).message;

/** The executions that the journal has a result of, by step: failed attempts and the one that settled it. */
function committedOf({ run, journal }: RunSnapshot): Map<string, readonly string[]> {
  const steps = journal.filter((step) => step.kind === "run");
  return new Map(
    steps.map((step) => {
      const failed = step.failures.map(messageOf);
      const { execution } = JSON.parse(step.output) as { execution: string };
      return [`${run.id} ${step.key}`, [...failed, execution]];
    }),
  );
}

const runsOf = (name: string): RunSnapshot[] => runs.filter(({ run }) => run.functionId === `crash-${name}`);

describe(`a process that is killed ${kills} times (seed ${seed})`, () => {
  it("has worked", () => {
    expect(refusals).toEqual([]);
    expect(sent.filter((event) => event.id !== null).length).toBeGreaterThan(kills * 5);
    const lives = new Set([...executions.values()].flat().map((execution) => execution.process));
    expect(lives.size).toBeGreaterThan(kills / 2);
  });

  it("loses no acknowledged event and starts each function once", () => {
    const startedBy = new Map<string, string[]>();
    for (const { run } of runs) startedBy.set(run.eventId, [...(startedBy.get(run.eventId) ?? []), run.functionId]);
    const functionOf: Record<string, string> = {
      "crash/chain": "crash-chain",
      "crash/parent": "crash-parent",
      "crash/wait": "crash-waiter",
      "crash/doomed": "crash-doomed",
      "crash/limited": "crash-limited",
      "crash/stepped": "crash-stepped",
      "crash/ledger": "crash-ledger",
    };
    for (const event of sent) {
      const expected = functionOf[event.name];
      if (event.id === null || expected === undefined) continue;
      expect(startedBy.get(event.id), event.key).toEqual([expected]);
    }
    // what was not acknowledged has happened once, or not at all
    const keys = runs.flatMap(({ events }) => events.map((event) => event.key)).filter((key) => key !== null);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("brings every run to its end", () => {
    const statuses = Object.fromEntries(
      ["chain", "leaf", "parent", "child", "waiter", "limited", "stepped", "doomed", "doomed-failure"].map((name) => [
        name,
        [...new Set(runsOf(name).map(({ run }) => run.status))],
      ]),
    );
    expect(statuses).toEqual({
      chain: ["completed"],
      leaf: ["completed"],
      parent: ["completed"],
      child: ["completed"],
      waiter: ["completed"],
      limited: ["completed"],
      stepped: ["completed"],
      doomed: ["failed"],
      "doomed-failure": ["completed"],
    });
    expect(runs.filter(({ wakes }) => wakes.length > 0)).toEqual([]);
    const limited = { limited: 6, stepped: 6 };
    const steps = { chain: 9, leaf: 1, parent: 2, child: 2, waiter: 3, ...limited, doomed: 1, "doomed-failure": 1 };
    for (const [name, count] of Object.entries(steps)) {
      for (const { run, journal } of runsOf(name)) expect(journal.length, `${name} ${run.id}`).toBe(count);
    }
  });

  it("executes no committed step again", () => {
    for (const [step, committed] of runs.flatMap((run) => [...committedOf(run)])) {
      const executed = executions.get(step) ?? [];
      // the committed ones, in their order, and nothing after the one that settled the step
      expect(
        executed.filter(({ name }) => committed.includes(name)).map(({ name }) => name),
        step,
      ).toEqual(committed);
      expect(executed.at(-1)?.name, step).toBe(committed.at(-1));
    }
    expect(committedAtKills.size).toBeGreaterThan(kills * 5);
    const journalled = new Map(runs.flatMap((run) => [...committedOf(run)]));
    for (const [step, execution] of committedAtKills) {
      expect(executions.get(step)?.at(-1)?.name, step).toBe(execution);
      expect(journalled.get(step)?.at(-1), step).toBe(execution);
    }
  });

  it("repeats only what was in flight at a kill", () => {
    const committed = new Set(runs.flatMap((run) => [...committedOf(run).values()]).flat());
    for (const { journal } of runs) {
      // of a rollback only the attempts that failed say which execution they were
      for (const { kind, failures } of journal) {
        if (kind === "rollback") for (const failure of failures) committed.add(messageOf(failure));
      }
    }
    for (const [step, executed] of executions) {
      executed.forEach((execution, index) => {
        if (committed.has(execution.name)) return;
        // what a rollback returns is not kept: its last execution is the one that counted
        if (step.endsWith(":rollback") && index === executed.length - 1) return;
        // the process that executed it was killed, and did nothing for that step afterwards
        expect(execution.process, step).not.toBe(lastProcess);
        expect(executed[index + 1]?.process, step).not.toBe(execution.process);
      });
    }
    const total = [...executions.values()].reduce((sum, list) => sum + list.length, 0);
    console.log(`crash test: ${committed.size} committed attempts, ${total - committed.size} that a kill cut off`);
  });

  it("sends, invokes and cleans up once", () => {
    expect(runsOf("leaf").length).toBe(runsOf("chain").length);
    const parents = runsOf("leaf").map(({ events }) => events[0]?.data);
    expect(new Set(parents).size).toBe(parents.length);
    expect(runsOf("child").length).toBe(runsOf("parent").length);
    expect(runsOf("doomed-failure").length).toBe(runsOf("doomed").length);
  });

  it("writes the rows of a transaction exactly once, and takes them back exactly once", () => {
    const entries = runsOf("ledger").flatMap(({ run }) =>
      run.status === "completed" ? [`${run.id} credit`] : [`${run.id} credit`, `${run.id} debit`],
    );
    expect(ledger.entries.toSorted()).toEqual(entries.toSorted());
    expect(ledger.balance).toBe(runsOf("ledger").filter(({ run }) => run.status === "completed").length);
    const statuses = runsOf("ledger").map(({ run }) => run.status);
    expect(new Set(statuses)).toEqual(new Set(["completed", "failed"]));
  });

  it("rolls back what was completed, last first, and only where the run has failed", () => {
    for (const { run, journal } of runsOf("ledger")) {
      const steps = ["open", "credit", "book"];
      const keys = run.status === "failed" ? [...steps, "book:rollback", "credit:rollback"] : steps;
      expect(journal.map((step) => step.key)).toEqual(keys);
      expect(journal.filter((step) => step.status === "failed")).toEqual([]);
    }
  });

  it("never executes more under a limit than it allows, and uses all of it", () => {
    const { "": all, ...ofKeys } = mostExecuting(`${log}.limited`);
    expect({ all, key: Math.max(...Object.values(ofKeys)) }).toEqual(crashLimits);
  });

  it("never executes a step more often at one time than its own limit allows, and uses all of it", () => {
    const { "": _all, unkeyed, ...ofKeys } = mostExecuting(`${log}.stepped`);
    expect({ unkeyed, key: Math.max(...Object.values(ofKeys)) }).toEqual(crashStepLimits);
  });

  it("keeps the store's invariants at every kill and after every restart", () => {
    expect(foundAfterRestart).toEqual([]);
    expect(foundAtKill).toEqual([]);
  });
});
