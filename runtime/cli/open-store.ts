import { existsSync } from "node:fs";

import type { Store } from "../store/store.js";
import { CommandFailure } from "./command-failure.js";

/** Opens the database file, or makes it; `memory` keeps nothing. @throws StoreError */
export async function openStore(db: string): Promise<Store> {
  if (db === "memory") {
    const { createMemoryStore } = await import("../store/memory/memory-store.js");
    return createMemoryStore();
  }
  const { openSqliteStore } = await import("../store/sqlite/open-sqlite-store.js");
  return openSqliteStore({ path: db });
}

/** Opens a database file that must be there. @throws CommandFailure | StoreError */
export async function openExistingStore(db: string): Promise<Store> {
  if (!existsSync(db)) {
    throw new CommandFailure(`there is no database \`${db}\``, "name the file that `stepwright start --db` was given");
  }
  return openStore(db);
}
