import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore, type StoreUnderTest } from "../conformance.js";
import { hasNodeSqlite, type DriverName } from "./driver.js";
import { openSqliteStore } from "./open-sqlite-store.js";

async function makeIn(driver: DriverName): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-store-"));
  const path = join(folder, "test.db");
  let store = await openSqliteStore({ path, driver });
  return {
    get store() {
      return store;
    },
    reopen: async () => {
      await store.close();
      store = await openSqliteStore({ path, driver });
    },
    remove: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

// Each Node tests its own binding; better-sqlite3 is compiled for one of them.
if (await hasNodeSqlite()) describeStore("SQLite, node:sqlite", () => makeIn("node:sqlite"));
else describeStore("SQLite, better-sqlite3", () => makeIn("better-sqlite3"));
