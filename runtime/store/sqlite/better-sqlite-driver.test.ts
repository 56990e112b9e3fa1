import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";

import { openSqliteStore } from "./open-sqlite-store.js";

vi.mock("better-sqlite3", () => ({
  default: class {
    static readonly SqliteError = class extends Error {};
    constructor() {
      throw new Error("Could not locate the bindings file. Tried:\n → build/better_sqlite3.node");
    }
  },
}));

it("says what to do when the binding was installed without its native part", async () => {
  const path = join(tmpdir(), "never-made.db");
  await expect(openSqliteStore({ path, driver: "better-sqlite3" })).rejects.toMatchObject({
    name: "StoreError",
    code: "store-unavailable",
    message: "`better-sqlite3` was installed without its native part",
    help: expect.stringContaining("npm rebuild better-sqlite3"),
  });
});
