import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { fillWal } from "./fill-wal.js";
import { openSqliteStore } from "./open-sqlite-store.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwright-wal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const schedule = (id: string) =>
  ({ guards: [], writes: [{ kind: "schedule", id, expression: "* * * * *", nextAt: 1 }] }) as const;

test("a log that has room beyond its last commit is read up to that commit, also when the room is torn", async () => {
  const path = join(folder, "a.db");
  const store = await openSqliteStore({ path });
  expect(statSync(`${path}-wal`).size).toBe(34 << 20);
  await store.commit([schedule("first")]);
  await store.commit([schedule("second")]);
  for (const name of ["whole", "torn"]) {
    for (const suffix of ["", "-wal"]) copyFileSync(`${path}${suffix}`, join(folder, `${name}.db${suffix}`));
  }
  truncateSync(join(folder, "torn.db-wal"), (20 << 20) + 17);
  for (const name of ["whole", "torn"]) {
    const copy = await openSqliteStore({ path: join(folder, `${name}.db`) });
    expect((await copy.schedules.list()).map(({ id }) => id)).toEqual(["first", "second"]);
    await copy.close();
  }
  await store.close();
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
});

test("a database without a log is left alone", () => {
  const path = join(folder, "b.db");
  fillWal(path, 1 << 20);
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
});
