import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";

import { slugify } from "../../runtime/manifest/slugify.js";
import { renderTemplate } from "../phases/5-emit/template.js";

/** One file to write; `before` is null for a file that is new. */
export interface InitWrite {
  /** Relative to the project's folder, with `/`. */
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
  /** What is added, as the command prints it. */
  readonly what: string;
}

export interface InitPlan {
  readonly writes: readonly InitWrite[];
  /** Files that are there already and stay as they are. */
  readonly kept: readonly string[];
}

export type PlannedInit =
  { readonly ok: true; readonly plan: InitPlan } | { readonly ok: false; readonly problem: string };

const scripts = {
  "stepwright:dev": "stepwright dev",
  "stepwright:check": "stepwright check",
  "stepwright:build": "stepwright build",
  "stepwright:start": "stepwright start",
} as const;

const packageSchema = z.looseObject({
  name: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
});

type PackageJson = z.infer<typeof packageSchema>;

/** Right for ES modules and for CommonJS: which of them a file is, `package.json` says. */
const tsconfig = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["src"],
};

/**
 * What a project lacks to have a first function, and scripts to run it: only additions, none of them where something is already.
 * `version` is that of this package.
 */
export function planInit(folder: string, version: string): PlannedInit {
  const read = readPackage(folder);
  if (typeof read === "string") return { ok: false, problem: read };
  const { text, json } = read;
  const app = slugify(json.name ?? basename(folder)) || "app";
  const wanted = [
    ...planPackage(text, json, version, app),
    ...planNewFile("tsconfig.json", `${JSON.stringify(tsconfig, null, 2)}\n`, "TypeScript's settings"),
    ...planNewFile("src/stepwright/client.ts", renderTemplate("init/client.ts", { app }), "a client"),
    ...planNewFile("src/stepwright/hello.ts", renderTemplate("init/hello.ts", {}), "a function with two steps"),
    ...planIgnore(folder),
  ];
  const isThere = ({ file, before }: InitWrite): boolean => before === null && existsSync(join(folder, file));
  return {
    ok: true,
    plan: {
      writes: wanted.filter((write) => !isThere(write)),
      kept: wanted.filter(isThere).map(({ file }) => file),
    },
  };
}

function readPackage(folder: string): { text: string | null; json: PackageJson } | string {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return { text: null, json: {} };
  const text = readFileSync(path, "utf8");
  try {
    const parsed = packageSchema.safeParse(JSON.parse(text.replace(/^\uFEFF/, "")));
    if (parsed.success) return { text, json: parsed.data };
    return `package.json: \`${parsed.error.issues[0]?.path.join(".") ?? ""}\` is not as npm writes it`;
  } catch (error) {
    return `package.json cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function planPackage(text: string | null, json: PackageJson, version: string, app: string): InitWrite[] {
  const missing = Object.entries(scripts).filter(([name]) => !Object.hasOwn(json.scripts ?? {}, name));
  const has = (name: string): boolean =>
    [json.dependencies, json.devDependencies].some((list) => Object.hasOwn(list ?? {}, name));
  if (text !== null && missing.length === 0 && has("stepwright")) return [];
  const base = text === null ? { name: app, private: true, type: "module" } : json;
  const dependencies = { ...json.dependencies, ...(!has("stepwright") && { stepwright: `^${version}` }) };
  const after = { ...base, scripts: { ...json.scripts, ...Object.fromEntries(missing) }, dependencies };
  const indent = /^([ \t]+)"/m.exec(text ?? "")?.[1] ?? "  ";
  const added = [
    ...missing.map(([name]) => `\`${name}\``),
    ...(has("stepwright") ? [] : ["the dependency `stepwright`"]),
  ];
  const end = text === null || text.endsWith("\n") ? "\n" : "";
  return [
    { file: "package.json", before: text, after: JSON.stringify(after, null, indent) + end, what: added.join(", ") },
  ];
}

function planNewFile(file: string, after: string, what: string): InitWrite[] {
  return [{ file, before: null, after, what }];
}

/** What is built is no source. */
function planIgnore(folder: string): InitWrite[] {
  const path = join(folder, ".gitignore");
  const before = existsSync(path) ? readFileSync(path, "utf8") : null;
  if (before !== null && /^\/?\.stepwright\/?\s*$/m.test(before)) return [];
  const lines = before === null ? "node_modules/\n" : before === "" || before.endsWith("\n") ? before : `${before}\n`;
  return [{ file: ".gitignore", before, after: `${lines}.stepwright/\n`, what: "`.stepwright/`, which builds write" }];
}
