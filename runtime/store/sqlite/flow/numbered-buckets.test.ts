import { expect, it } from "vitest";
import { openDatabase } from "../driver.js";
import { migrate, readMigrations } from "../migrate.js";

it("gives buckets numbers, and what is blocked on one waits for it still", async () => {
  const database = await openDatabase(":memory:");
  const all = readMigrations();
  migrate(
    database,
    ":memory:",
    all.filter(({ version }) => version < 9),
  );
  database.exec(`
    INSERT INTO flow_buckets VALUES ('concurrency f#0 "a"', 1, 1, 1, 1, NULL, NULL, NULL), ('throttle f', 0, 0, 1, 0, '{}', 7, 9);
    INSERT INTO flow_queues VALUES (2, 1, 5, 'concurrency f#0 "a"', 1, 3), (4, 1, 6, NULL, 0, 2);`);
  migrate(database, ":memory:", all);
  const queues = database.prepare(
    "SELECT q.n, q.turn, q.size, b.key, b.held FROM flow_queues q LEFT JOIN flow_buckets b ON b.n = q.blocked_on ORDER BY q.n",
  );
  expect(queues.all([]).map((row) => ({ ...row }))).toEqual([
    { n: 2, turn: 5, size: 3, key: 'concurrency f#0 "a"', held: 1 },
    { n: 4, turn: 6, size: 2, key: null, held: null },
  ]);
  const timed = database
    .prepare("SELECT key, throttle, wake_at, expires_at FROM flow_buckets WHERE wake_at <= 7")
    .all([]);
  expect(timed.map((row) => ({ ...row }))).toEqual([{ key: "throttle f", throttle: "{}", wake_at: 7, expires_at: 9 }]);
  database.close();
});
