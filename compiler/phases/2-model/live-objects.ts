import type { Value } from "../1-source/evaluate/value.js";
import { pathOf } from "./effects/source-of.js";
import type { Shape } from "./shape.js";

/**
 * What packages and the platform give that is tied to a process: handles, connections, streams, clients. Their types are not read, so
 * these are data, too: a call that is not listed is not guessed.
 */
interface LiveFact {
  /** Specifiers without `node:`; null for globals. */
  readonly modules: readonly string[] | null;
  /** What is called, or made by `new`, below the module: `Pool.connect` is a call of what `Pool` has made. */
  readonly made: Readonly<Record<string, string>>;
}

const facts: readonly LiveFact[] = [
  { modules: null, made: { WebSocket: "WebSocket", setTimeout: "Timeout", setInterval: "Timeout" } },
  { modules: ["fs/promises"], made: { open: "FileHandle", opendir: "Dir" } },
  {
    modules: ["fs"],
    made: {
      "promises.open": "FileHandle",
      "promises.opendir": "Dir",
      createReadStream: "ReadStream",
      createWriteStream: "WriteStream",
    },
  },
  { modules: ["net", "tls"], made: { connect: "Socket", createConnection: "Socket", createServer: "Server" } },
  { modules: ["http", "https"], made: { request: "ClientRequest", get: "ClientRequest", createServer: "Server" } },
  { modules: ["child_process"], made: { spawn: "ChildProcess", exec: "ChildProcess", fork: "ChildProcess" } },
  { modules: ["worker_threads"], made: { Worker: "Worker" } },
  { modules: ["events"], made: { EventEmitter: "EventEmitter", default: "EventEmitter" } },
  { modules: ["stream"], made: { Readable: "Readable", "Readable.from": "Readable", PassThrough: "PassThrough" } },
  { modules: ["pg"], made: { Pool: "Pool", Client: "Client", "Pool.connect": "PoolClient" } },
  {
    modules: ["mysql2", "mysql2/promise", "mysql"],
    made: {
      createConnection: "Connection",
      createPool: "Pool",
      "createPool.getConnection": "PoolConnection",
    },
  },
  {
    modules: ["mongodb"],
    made: {
      MongoClient: "MongoClient",
      "MongoClient.connect": "MongoClient",
      "MongoClient.db": "Db",
      "MongoClient.db.collection": "Collection",
      "MongoClient.startSession": "ClientSession",
    },
  },
  {
    modules: ["mongoose"],
    made: { connect: "Mongoose", createConnection: "Connection", startSession: "ClientSession" },
  },
  { modules: ["@prisma/client"], made: { PrismaClient: "PrismaClient" } },
  { modules: ["kysely"], made: { Kysely: "Kysely" } },
  { modules: ["postgres"], made: { default: "Sql" } },
  { modules: ["better-sqlite3"], made: { default: "Database", "default.prepare": "Statement" } },
  { modules: ["ioredis"], made: { default: "Redis", Redis: "Redis" } },
  { modules: ["@supabase/supabase-js"], made: { createClient: "SupabaseClient" } },
];

/** The shape of what `value` stands for, a call or a `new`, when that is known to be tied to its process. */
export function shapeOfLive(value: Extract<Value, { kind: "call" | "new" }>): Shape | null {
  const path = pathOf(value.callee);
  if (!path) return null;
  const { module, names } = path;
  const name = path.madeBy === 0 ? ["default", ...names].join(".") : names.join(".") || "default";
  for (const { modules, made } of facts) {
    const isMeant = module === null ? modules === null : modules?.includes(module);
    const type = isMeant && Object.hasOwn(made, name) ? made[name] : undefined;
    if (type !== undefined) return { kind: "special", name: "class", type };
  }
  return null;
}
