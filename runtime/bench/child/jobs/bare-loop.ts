import { openDatabase } from "../../../store/sqlite/driver.js";
import { collectGarbage, cpuSeconds, seconds } from "../measuring.js";
import type { Job } from "../job.js";

/**
 * The writes of W1 without an engine: what the database and the disk of this machine allow. One transaction at a time, with the
 * next write of every run that is in flight; a run's next write waits for the commit of the one before.
 */
export async function measureBareLoop(job: Job & { name: "bare" }): Promise<Record<string, number>> {
  const database = await openDatabase(job.database);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec(`
    CREATE TABLE events (id TEXT PRIMARY KEY, name TEXT, data TEXT, at INTEGER) WITHOUT ROWID;
    CREATE TABLE runs (id TEXT PRIMARY KEY, event TEXT, status TEXT, at INTEGER, output TEXT) WITHOUT ROWID;
    CREATE TABLE steps (run TEXT, key TEXT, output TEXT, at INTEGER, PRIMARY KEY (run, key)) WITHOUT ROWID;
  `);
  const event = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  const run = database.prepare("INSERT INTO runs VALUES (?, ?, ?, ?, NULL)");
  const step = database.prepare("INSERT INTO steps VALUES (?, ?, ?, ?)");
  const end = database.prepare("UPDATE runs SET status = 'completed', output = ? WHERE id = ?");

  await loop("warm", 300);
  collectGarbage();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await loop("r", job.runs);
  const total = seconds(begun);
  const used = cpuSeconds(cpu);
  database.close();
  return { runsPerSec: job.runs / total, seconds: total, cpuSecPer1000Steps: (used / (job.runs * 3)) * 1000 };

  async function loop(prefix: string, count: number): Promise<void> {
    let sent = 0;
    let live: { id: string; stage: number }[] = [];
    while (sent < count || live.length > 0) {
      for (; sent < count && live.length < job.inFlight; sent++) live.push({ id: `${prefix}${sent}`, stage: 0 });
      database.exec("BEGIN IMMEDIATE");
      for (const each of live) write(each.id, each.stage);
      database.exec("COMMIT");
      live = live.filter((each) => ++each.stage <= 4);
      await new Promise(setImmediate);
    }
  }

  function write(id: string, stage: number): void {
    const now = Date.now();
    if (stage === 0) {
      event.run([`01J${id}`, "bench/three", JSON.stringify({ id, n: 0 }), now]);
      run.run([id, `01J${id}`, "running", now]);
    } else if (stage <= 3) step.run([id, `s${stage}`, JSON.stringify({ ok: true, id, k: stage }), now]);
    else end.run([JSON.stringify({ id }), id]);
  }
}
