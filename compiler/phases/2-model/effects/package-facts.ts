/**
 * What is known of functions that a program does not define itself: those that give another value each time they are
 * called. Data, not code: a package that is not listed is not guessed.
 */
import type { HazardKind } from "../model.js";

export interface PackageFact {
  /** Specifiers; `drizzle-orm/*` stands for all below it. */
  readonly modules: readonly string[];
  readonly kind: HazardKind;
  /** Paths below the module (`v4`, `posix.hostname`); `default` is the default export called itself, `*` is any call. */
  readonly calls?: readonly string[];
  /** Exports that give a client, by `new` or by a call; every call of something that the client has is input or output. */
  readonly clients?: readonly string[];
  /** Paths that are an exception: nothing but computation. */
  readonly pure?: readonly string[];
}

export const packageFacts: readonly PackageFact[] = [
  // ── Node ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  { modules: ["crypto"], kind: "id", calls: ["randomUUID", "webcrypto.randomUUID"] },
  {
    modules: ["crypto"],
    kind: "random",
    calls: ["randomBytes", "randomInt", "randomFillSync", "getRandomValues", "webcrypto.getRandomValues"],
  },
  {
    modules: ["crypto"],
    kind: "random",
    calls: ["generateKeyPairSync", "generateKeySync"],
  },
  { modules: ["perf_hooks"], kind: "time", calls: ["performance.now"] },
  { modules: ["process"], kind: "time", calls: ["hrtime", "hrtime.bigint", "uptime"] },
  {
    modules: ["os"],
    kind: "environment",
    calls: ["hostname", "uptime", "freemem", "loadavg", "networkInterfaces", "userInfo"],
  },
  {
    modules: ["fs", "fs/promises"],
    kind: "io",
    calls: ["*"],
    pure: ["createWriteStream", "watch"],
  },
  // Which files there are, and in which order a file system lists them, is nowhere promised.
  {
    modules: ["glob", "fast-glob", "globby", "tinyglobby"],
    kind: "io",
    calls: ["default", "glob", "globSync", "globby", "globbySync", "sync", "async", "stream", "globStream"],
  },
  { modules: ["fs-extra", "graceful-fs"], kind: "io", calls: ["*"], pure: ["createWriteStream", "watch"] },
  { modules: ["child_process"], kind: "io", calls: ["exec", "execFile", "execSync", "execFileSync", "spawnSync"] },
  { modules: ["dns", "dns/promises"], kind: "io", calls: ["*"] },
  { modules: ["http", "https"], kind: "io", calls: ["get", "request"] },

  // ── ids and randomness ────────────────────────────────────────────────────────────────────────────────────────────
  { modules: ["uuid"], kind: "id", calls: ["v1", "v4", "v6", "v7"] },
  { modules: ["uuid/v4", "uuid/v1", "uuidv4", "uuidv7"], kind: "id", calls: ["default", "uuid", "uuidv7"] },
  { modules: ["nanoid", "nanoid/non-secure", "nanoid/async"], kind: "id", calls: ["nanoid", "default"] },
  { modules: ["nanoid", "nanoid/non-secure"], kind: "id", clients: ["customAlphabet", "customRandom"], calls: [] },
  { modules: ["@paralleldrive/cuid2"], kind: "id", calls: ["createId"] },
  { modules: ["@paralleldrive/cuid2"], kind: "id", clients: ["init"] },
  { modules: ["cuid", "cuid2", "shortid", "hyperid"], kind: "id", calls: ["default", "generate"] },
  { modules: ["ulid", "ulidx"], kind: "id", calls: ["ulid"] },
  { modules: ["ksuid"], kind: "id", calls: ["randomSync", "random", "default.randomSync"] },
  { modules: ["typeid-js"], kind: "id", calls: ["typeid"] },
  { modules: ["bson", "mongodb"], kind: "id", calls: ["new ObjectId"] },
  { modules: ["mongoose"], kind: "id", calls: ["new Types.ObjectId"] },
  { modules: ["@faker-js/faker", "@faker-js/faker/*"], kind: "random", calls: ["*"] },
  {
    modules: ["lodash", "lodash-es", "underscore", "remeda", "radash"],
    kind: "random",
    calls: ["random", "sample", "sampleSize", "shuffle", "draw"],
  },
  { modules: ["lodash/random", "lodash/sample", "lodash/shuffle"], kind: "random", calls: ["default"] },

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  { modules: ["dayjs", "moment", "moment-timezone"], kind: "time", calls: ["default()", "utc()"] },
  { modules: ["luxon"], kind: "time", calls: ["DateTime.now", "DateTime.local()", "DateTime.utc()"] },
  {
    modules: ["date-fns", "date-fns/*"],
    kind: "time",
    calls: [
      "isPast",
      "isFuture",
      "isToday",
      "isTomorrow",
      "isYesterday",
      "isThisWeek",
      "isThisMonth",
      "isThisYear",
      "startOfToday",
      "endOfToday",
      "startOfTomorrow",
      "startOfYesterday",
      "endOfYesterday",
      "formatDistanceToNow",
      "formatDistanceToNowStrict",
    ],
  },

  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    modules: ["axios"],
    kind: "io",
    calls: ["default", "get", "post", "put", "patch", "delete", "head", "request"],
    clients: ["create"],
  },
  { modules: ["node-fetch", "cross-fetch", "isomorphic-fetch", "ofetch", "wretch"], kind: "io", calls: ["*"] },
  { modules: ["undici"], kind: "io", calls: ["fetch", "request"], clients: ["Client", "Pool", "Agent"] },
  {
    modules: ["got", "ky", "superagent", "phin", "needle"],
    kind: "io",
    calls: ["default", "get", "post", "put", "patch", "delete", "head"],
  },
  { modules: ["next/headers"], kind: "io", calls: ["cookies", "headers", "draftMode"] },

  // ── databases and services: what their clients do is input and output ─────────────────────────────────────────────
  {
    modules: ["@prisma/client", "@prisma/client/*"],
    kind: "io",
    clients: ["PrismaClient"],
    pure: ["$extends", "$on", "$use"],
  },
  {
    modules: ["drizzle-orm/*"],
    kind: "io",
    clients: ["drizzle"],
    pure: ["as", "$with", "$dynamic", "prepare"],
  },
  { modules: ["mongodb"], kind: "io", clients: ["MongoClient"], pure: ["db", "collection"] },
  { modules: ["pg"], kind: "io", clients: ["Pool", "Client"], pure: ["on"] },
  { modules: ["postgres", "mysql2", "mysql2/promise", "mysql", "mssql"], kind: "io", clients: ["*"], pure: ["on"] },
  { modules: ["better-sqlite3"], kind: "io", clients: ["default"], pure: ["prepare", "pragma"] },
  { modules: ["kysely"], kind: "io", clients: ["Kysely"], pure: ["dynamic", "fn"] },
  { modules: ["@planetscale/database"], kind: "io", clients: ["connect", "Client"] },
  { modules: ["@neondatabase/serverless"], kind: "io", clients: ["neon", "Pool", "Client"] },
  { modules: ["@supabase/supabase-js"], kind: "io", clients: ["createClient"], pure: ["channel"] },
  { modules: ["@supabase/ssr"], kind: "io", clients: ["createServerClient"], pure: ["channel"] },
  { modules: ["convex/browser"], kind: "io", clients: ["ConvexHttpClient", "ConvexClient"], pure: ["setAuth"] },
  { modules: ["@sanity/client", "next-sanity"], kind: "io", clients: ["createClient"], pure: ["withConfig"] },
  { modules: ["redis"], kind: "io", clients: ["createClient"], pure: ["on"] },
  { modules: ["ioredis"], kind: "io", clients: ["default", "Redis"], pure: ["on"] },
  { modules: ["@upstash/redis"], kind: "io", clients: ["Redis", "fromEnv"] },
  { modules: ["@vercel/kv", "@vercel/blob", "@vercel/edge-config"], kind: "io", calls: ["*"] },
  { modules: ["stripe"], kind: "io", clients: ["default", "Stripe"], pure: ["webhooks.constructEvent"] },
  { modules: ["openai"], kind: "io", clients: ["default", "OpenAI"] },
  { modules: ["@anthropic-ai/sdk"], kind: "io", clients: ["default", "Anthropic"] },
  { modules: ["ai"], kind: "io", calls: ["generateText", "generateObject", "streamText", "streamObject", "embed"] },
  { modules: ["resend"], kind: "io", clients: ["Resend"] },
  { modules: ["postmark"], kind: "io", clients: ["ServerClient"] },
  { modules: ["twilio"], kind: "io", clients: ["default"] },
  { modules: ["@slack/web-api"], kind: "io", clients: ["WebClient"] },
  { modules: ["octokit", "@octokit/rest", "@octokit/core"], kind: "io", clients: ["Octokit"] },
  { modules: ["@notionhq/client"], kind: "io", clients: ["Client"] },
  { modules: ["@aws-sdk/*"], kind: "io", clients: ["*"], pure: ["destroy"] },
  { modules: ["@google-cloud/*"], kind: "io", clients: ["*"], pure: ["bucket", "file", "topic"] },
  { modules: ["firebase-admin/*"], kind: "io", clients: ["getFirestore", "getAuth", "getDatabase"] },
  { modules: ["@clerk/nextjs/server"], kind: "io", calls: ["auth", "currentUser"], clients: ["clerkClient"] },
];

/** What the platform itself gives, by the name as it is called. */
export const globalFacts: Readonly<Record<string, HazardKind>> = {
  "Date.now": "time",
  "performance.now": "time",
  "process.hrtime": "time",
  "process.hrtime.bigint": "time",
  "process.uptime": "time",
  "Temporal.Now.instant": "time",
  "Temporal.Now.plainDateISO": "time",
  "Temporal.Now.plainDateTimeISO": "time",
  "Temporal.Now.zonedDateTimeISO": "time",
  "Math.random": "random",
  "crypto.getRandomValues": "random",
  "crypto.randomUUID": "id",
  "process.memoryUsage": "environment",
  "process.cwd": "environment",
  fetch: "io",
  "Bun.file": "io",
  "Deno.readTextFile": "io",
  "Bun.randomUUIDv7": "id",
};
