import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile } from "../../manifest/package-files.js";
import type { Database } from "./driver.js";
import { readNumber } from "./read-column.js";
import { storeFailure } from "./store-failure.js";

/** In the header of each of our files: "Step" in ASCII. */
const applicationId = 0x53746570;

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The numbered files beside this one. */
export function readMigrations(): Migration[] {
  const folder = packageFile("runtime/store/sqlite/migrations");
  const found: Migration[] = [];
  for (const file of readdirSync(folder)) {
    const match = /^(\d{4})_.*\.sql$/.exec(file);
    if (match?.[1]) found.push({ version: Number(match[1]), sql: readFileSync(join(folder, file), "utf8") });
  }
  return found.sort((a, b) => a.version - b.version);
}

/** Brings the schema to the newest version, in one transaction. Throws StoreError `store-newer` for a file from the future. */
export function migrate(database: Database, path: string, migrations: readonly Migration[]): void {
  const has = readPragma(database, "user_version");
  const newest = migrations.at(-1)?.version ?? 0;
  if (has === 0 && !isEmpty(database)) {
    throw storeFailure("store-unavailable", `the database belongs to another program: ${path}`);
  }
  if (has !== 0 && readPragma(database, "application_id") !== applicationId) {
    throw storeFailure("store-unavailable", `the database belongs to another program: ${path}`);
  }
  if (has > newest) {
    throw storeFailure("store-newer", `the database has version ${has}, this program knows ${newest}: ${path}`);
  }
  if (has === newest) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const { version, sql } of migrations) {
      if (version <= has) continue;
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${version}`);
    }
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function isEmpty(database: Database): boolean {
  return database.prepare("SELECT 1 AS found FROM sqlite_schema LIMIT 1").get([]) === undefined;
}

function readPragma(database: Database, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get([]);
  return row ? readNumber(row, name) : 0;
}
