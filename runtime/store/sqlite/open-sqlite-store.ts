import { StoreError, type Outcome, type Store, type Transition } from "../store.js";
import { CancellationReader } from "./cancellation-rows.js";
import { commitTransitions } from "./commit-writer.js";
import { openDatabase, type Database, type DriverName } from "./driver.js";
import { FlowReader } from "./flow/read-flow.js";
import { RunLister } from "./list-runs.js";
import { fillWal } from "./fill-wal.js";
import { ManifestReader } from "./manifest-rows.js";
import { MetadataReader } from "./metadata-rows.js";
import { migrate, readMigrations } from "./migrate.js";
import { EventReader } from "./read-events.js";
import { readNumber, readText } from "./read-column.js";
import { RunReader } from "./read-runs.js";
import { isFatal, storeFailure, toStoreError } from "./store-failure.js";
import { listEngineNames } from "./check-user-sql.js";
import { UserTables } from "./user-tables.js";
import { verifyDatabase } from "./verify-database.js";
import { WalSync } from "./wal-sync.js";
import { WriteContext } from "./write-context.js";

export interface SqliteStoreOptions {
  /** The database file; made when it is not there. Its folder must exist. */
  readonly path: string;
  /** Default: the binding of the running Node where it has one, else better-sqlite3. */
  readonly driver?: DriverName;
  /** The file may not grow beyond this; commits are then refused with `store-full`. Default: as large as the disk allows. */
  readonly maxBytes?: number;
}

/** SQLite's own default. A commit writes whole pages, and most are small: with 8 KiB a single step takes a tenth longer. */
const pageSize = 4096;
/** The log is taken into the database, and begun again, at this size. */
const checkpointBytes = 32 << 20;
/** What it may grow to before that: the last commit is added whole, and each frame has a header. */
const logBytes = 34 << 20;

/**
 * Opens the store in one file, for this process alone. Throws StoreError: `store-in-use` at once when another process has it,
 * `store-newer`, `store-read-only`, `store-corrupt`, `store-unavailable`, `store-full`, `store-io`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path } = options;
  let database: Database | null = null;
  try {
    database = await openDatabase(path, options.driver);
    prepare(database, options);
    const sync = WalSync.open(path);
    if (sync) database.exec("PRAGMA synchronous = NORMAL");
    return toStore(database, path, sync);
  } catch (error) {
    closeQuietly(database);
    throw toStoreError(error, path);
  }
}

function prepare(database: Database, { path, maxBytes }: SqliteStoreOptions): void {
  // Exclusive before the first access: then the lock is taken once, for as long as the process lives, and WAL needs no shared
  // memory. The kernel frees it when the process is killed.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec(`PRAGMA page_size = ${pageSize}`);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA cache_size = -65536");
  database.exec(`PRAGMA wal_autocheckpoint = ${checkpointBytes / pageSize}`);
  database.exec("PRAGMA temp_store = MEMORY");
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageSize)}`);
  migrate(database, path, readMigrations());
  fillWal(path, logBytes);
}

/** A commit of so many transitions has others beside it, whose handlers can go on while the disk works; a few are soonest done alone. */
const manyTransitions = 16;

function toStore(database: Database, path: string, sync: WalSync | null): Store {
  const context = new WriteContext(database, new UserTables(database, listEngineNames(readMigrations())));
  const events = new EventReader(database, context.names, context.candidates, context.eventBlocks);
  const runs = new RunReader(
    database,
    context.names,
    (run) => context.heads.leasedNumber(run),
    (id) => context.flow.eventAtHand(id),
  );
  const cancellations = new CancellationReader(database);
  const manifests = new ManifestReader(database);
  const metadata = new MetadataReader(database);
  const flow = new FlowReader(database, context.names, context.flow);
  const lister = new RunLister(database, context.names, context.functionBlocks);
  let broken: StoreError | null = null;

  /** The error in the store's words; after a fatal one nothing goes on. */
  function failure(error: unknown): unknown {
    const told = toStoreError(error, path);
    if (isFatal(error) && told instanceof StoreError) {
      broken = told;
      closeQuietly(database);
      void sync?.close();
    }
    return told;
  }

  async function guarded<T>(work: () => T): Promise<T> {
    if (broken) throw broken;
    try {
      return work();
    } catch (error) {
      throw failure(error);
    }
  }

  /** What others are shown is durable. */
  async function shown<T>(read: () => T): Promise<T> {
    // A sync that fails is told to those who committed.
    if (sync?.pending) await sync.pending.catch(() => {});
    return guarded(read);
  }

  async function commit(transitions: readonly Transition[]): Promise<readonly Outcome[]> {
    if (broken) throw broken;
    try {
      const outcomes = commitTransitions(context, transitions);
      if (transitions.length >= manyTransitions) await sync?.begin();
      else sync?.now();
      return outcomes;
    } catch (error) {
      throw failure(error);
    }
  }

  return {
    description: `SQLite ${path} (${database.driver})`,
    exclusive: true,
    commit,
    events: {
      get: (id) => shown(() => events.get(id)),
      problems: (id) => shown(() => events.problems(id)),
      list: (filter, limit, cursor) => shown(() => events.list(filter, limit, cursor)),
    },
    runs: {
      get: (id) => shown(() => runs.get(id)),
      snapshots: (wanted) => guarded(() => runs.snapshots(wanted)),
      list: (filter, limit, cursor) => shown(() => lister.list(filter, limit, cursor)),
      metadata: (runId) => shown(() => metadata.list(runId)),
      nextQueueAt: () => guarded(() => earlier(runs.nextQueueAt(), flow.nextAt())),
      count: () => shown(() => runs.count()),
      cancelling: (limit) => guarded(() => runs.cancelling(limit)),
      overdue: (now, limit) => guarded(() => runs.overdue(now, limit)),
      nextDeadline: () => guarded(() => runs.nextDeadline()),
    },
    matches: {
      pending: (limit) => guarded(() => events.pendingMatches(limit)),
      paths: () => guarded(() => events.matchPaths()),
    },
    flow: {
      policies: () => guarded(() => flow.policies()),
      open: (functionId, started, limit, cursor) => guarded(() => flow.open(functionId, started, limit, cursor)),
      superseded: () => guarded(() => flow.superseded()),
      waiting: (runId) => guarded(() => flow.waiting(runId)),
    },
    cancellations: {
      get: (id) => shown(() => cancellations.get(id)),
      list: (limit) => shown(() => cancellations.list(limit)),
      open: () => guarded(() => cancellations.open()),
    },
    registrations: {
      list: () =>
        guarded(() =>
          database
            .prepare("SELECT app, registration FROM registrations ORDER BY app")
            .all([])
            .map((row) => ({ appId: readText(row, "app"), registration: readText(row, "registration") })),
        ),
    },
    manifests: { list: (limit) => shown(() => manifests.list(limit)) },
    schedules: {
      list: () =>
        guarded(() =>
          database
            .prepare("SELECT id, expression, next_at FROM schedules ORDER BY id")
            .all([])
            .map((row) => ({
              id: readText(row, "id"),
              expression: readText(row, "expression"),
              nextAt: readNumber(row, "next_at"),
            })),
        ),
    },
    verify: (now) => shown(() => [...verifyDatabase(database, context.names, now), ...flow.verify()]),
    close: async () => {
      if (broken) return;
      broken = storeFailure("store-unavailable", `the store has been closed: ${path}`);
      try {
        database.close();
      } catch (error) {
        throw toStoreError(error, path);
      } finally {
        await sync?.close();
      }
    },
  };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function closeQuietly(database: Database | null): void {
  try {
    database?.close();
  } catch {
    // The error that led here is the one to tell.
  }
}
