import { findViolations } from "../find-violations.js";
import type { Violation } from "../store.js";
import type { Database, SqlRow } from "./driver.js";
import type { Names } from "./names.js";
import { readNumber, readNumberOrNull, readText } from "./read-column.js";
import { selectRun, toRunRecord } from "./run-rows.js";
import { stepKindCode } from "./status-codes.js";

/** Not what belongs to a run as a whole. */
const isStepWake = "kind NOT IN ('cancel', 'deadline', 'deferral')";

/** Checks the file itself, then what the rows must fulfil; looks closely only at runs that may not. */
export function verifyDatabase(database: Database, names: Names, now: number): Violation[] {
  const found = checkFile(database);
  const wakesOf = database.prepare(`SELECT key FROM wakes WHERE run = ? AND ${isStepWake} ORDER BY key`);
  const watches = database.prepare(`SELECT count(*) AS count FROM wakes WHERE run = ? AND NOT (${isStepWake})`);
  const step = database.prepare("SELECT 1 AS found FROM steps WHERE run = ? AND key = ?");
  // Twice the number of the kind, plus one when it failed: see status-codes.ts.
  const rollbacks = database.prepare(
    `SELECT coalesce(sum(what % 2 = 0 AND rest IS NOT NULL AND json_extract(rest, '$.rollback') IS NOT NULL), 0) AS due,
     coalesce(sum(what / 2 = ${stepKindCode.rollback}), 0) AS run FROM steps WHERE run = ?`,
  );
  const worker = database.prepare("SELECT w.expires_at FROM runs r JOIN workers w ON w.owner = r.owner WHERE r.n = ?");
  // Leaves out what is plainly in order, in SQL: a queue of a million is no reason to read a million rows.
  const runs = database.prepare(
    `${selectRun} WHERE r.owner IS NOT NULL OR r.status = 1
     OR r.ending IS NOT NULL OR (r.status IN (0, 2) AND (r.ended_at IS NOT NULL OR (r.queue_at IS NULL AND r.n NOT IN (SELECT run FROM wakes WHERE ${isStepWake}))))
     OR (r.status > 2 AND (r.ended_at IS NULL OR r.queue_at IS NOT NULL OR r.cancel IS NOT NULL OR r.n IN (SELECT run FROM wakes)))
     OR r.n IN (SELECT w.run FROM wakes w JOIN steps s ON s.run = w.run AND s.key = w.key) ORDER BY r.n`,
  );
  for (const row of runs.all([])) {
    const n = readNumber(row, "n");
    const workerRow = worker.get([n]);
    const facts = {
      run: toRunRecord(row, names),
      wakes: wakesOf.all([n]).map((wake) => readText(wake, "key")),
      watches: countOf(watches.get([n])),
      workerExpiresAt: workerRow ? readNumberOrNull(workerRow, "expires_at") : null,
      isSettled: (stepKey: string) => step.get([n, stepKey]) !== undefined,
      rollbacks: () => {
        const counts = rollbacks.get([n]);
        return { due: counts ? readNumber(counts, "due") : 0, run: counts ? readNumber(counts, "run") : 0 };
      },
    };
    found.push(...findViolations(facts, now));
  }
  return found;
}

const countOf = (row: SqlRow | undefined): number => (row ? readNumber(row, "count") : 0);

function checkFile(database: Database): Violation[] {
  const found: Violation[] = [];
  for (const row of database.prepare("PRAGMA integrity_check(20)").all([])) {
    const message = readText(row, "integrity_check");
    if (message !== "ok") found.push({ code: "damaged-file", message, runId: null });
  }
  const loose = [
    ["step-without-run", "SELECT count(*) AS count FROM (SELECT DISTINCT run FROM steps EXCEPT SELECT n FROM runs)"],
    ["wake-without-run", "SELECT count(*) AS count FROM (SELECT DISTINCT run FROM wakes EXCEPT SELECT n FROM runs)"],
    [
      "unreadable-step",
      "SELECT count(*) AS count FROM steps WHERE NOT json_valid(output) OR (rest IS NOT NULL AND NOT json_valid(rest))",
    ],
  ] as const;
  for (const [code, sql] of loose) {
    const row = database.prepare(sql).get([]);
    const count = countOf(row);
    if (count > 0) found.push({ code, message: `${count} row(s) of this kind: ${code}`, runId: null });
  }
  return found;
}
