/** Holds the layout of DESIGN.md: who may import whom, and what a file may be called. Tests and benchmarks may cross it. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Repository paths of our own files, names of packages otherwise. */
  readonly imports: readonly string[];
}

const exempt = /\.(?:test|test-d|test\.program)\.ts$|^runtime\/bench\//;
const sources = ["compiler", "runtime"].flatMap(readSources);
const bound = sources.filter((file) => !exempt.test(file.path));

function readSources(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name).replaceAll("\\", "/"))
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const imported = ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
      return { path, text, imports: imported.map((specifier) => resolveImport(path, specifier)) };
    });
}

function resolveImport(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return relative(root, join(root, dirname(from), specifier))
    .replaceAll("\\", "/")
    .replace(/\.js$/, ".ts");
}

/** The lines `from → to` that a rule forbids. */
function findOffences(from: RegExp, forbidden: (imported: string, file: SourceFile) => boolean): string[] {
  return bound
    .filter((file) => from.test(file.path))
    .flatMap((file) => file.imports.filter((to) => forbidden(to, file)).map((to) => `${file.path} → ${to}`));
}

const isOurs = (path: string) => /^(?:compiler|runtime)\//.test(path);
/** Starts commands, so it reaches what they need. */
const compositionRoot = /^(?:compiler|runtime)\/cli\//;

/** What each part of the runtime may import of ours, besides itself. */
const runtimeParts: Record<string, RegExp> = {
  manifest: /^$/,
  /** The decisions of flow control are the same pure functions in every store, inside its transactions. */
  store: /^runtime\/(?:engine\/3-control\/policies\/|manifest\/package-files\.ts$)/,
  define: /^runtime\/manifest\//,
  /** What both sides of the SDK's protocol compute alike. */
  protocol: /^$/,
  react: /^runtime\/define\//,
  /** Messages for those who look on: knows neither runs nor HTTP. */
  realtime: /^$/,
  transport: /^runtime\/(?:manifest|define|protocol)\//,
  codegen: /^runtime\/(?:manifest|define)\//,
  middleware: /^runtime\/(?:manifest|define)\//,
  engine: /^runtime\/(?:manifest|define|realtime|transport|codegen)(?:\/|\.ts)|^runtime\/store\/[^/]+\.ts$/,
  serve: /^runtime\/(?:manifest|define|protocol|transport|codegen|engine)(?:\/|\.ts)/,
  /** It carries what the other side of two transports sends and asks for: frames of workers that dial out, results of steps, a run's state. */
  server:
    /^runtime\/(?:manifest|define|protocol|realtime|codegen|engine|transport\/(?:connect|http\/(?:checkpoints|endpoint-requests|run-state)))(?:\/|\.ts)|^runtime\/store\/[^/]+\.ts$/,
};

describe("directions", () => {
  it("finds the sources and their imports", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap((file) => file.imports).filter(isOurs).length).toBeGreaterThan(100);
  });

  it("the compiler knows of the runtime only the manifest", () => {
    const offences = findOffences(/^compiler\/(?!cli\/)/, (to) => /^runtime\/(?!manifest\/)/.test(to));
    expect(offences).toEqual([]);
  });

  it("the runtime knows nothing of the compiler", () => {
    expect(findOffences(/^runtime\/(?!cli\/)/, (to) => to.startsWith("compiler/"))).toEqual([]);
  });

  it.each(Object.entries(runtimeParts))("runtime/%s imports only what it may", (part, allowed) => {
    const own = new RegExp(`^runtime/${part}(?:/|\\.ts$)`);
    expect(findOffences(own, (to) => isOurs(to) && !own.test(to) && !allowed.test(to))).toEqual([]);
  });

  it("an engine stage calls only later stages", () => {
    const stage = (path: string) => Number(/^runtime\/engine\/(\d)-/.exec(path)?.[1] ?? Number.NaN);
    expect(findOffences(/^runtime\/engine\/\d-/, (to, file) => stage(to) < stage(file.path))).toEqual([]);
  });

  it("a compiler phase reads only earlier phases, and emit only the manifest", () => {
    const phase = (path: string) => Number(/^compiler\/phases\/(\d)-/.exec(path)?.[1] ?? Number.NaN);
    expect(findOffences(/^compiler\/phases\//, (to, file) => phase(to) > phase(file.path))).toEqual([]);
    expect(findOffences(/^compiler\/phases\/5-/, (to) => phase(to) < 5)).toEqual([]);
  });

  it("only phases 1 and 2, and what runs inside of an editor's compiler, depend on a compiler API", () => {
    const offences = findOffences(
      /^(?!compiler\/(?:phases\/[12]-|plugin\/))/,
      (to) => to === "ts-morph" || to === "typescript",
    );
    expect(offences).toEqual([]);
  });

  it("the plug-in uses the compiler of the editor, not one of its own", () => {
    const loads = /^import (?!type )[^;]*from "(?:ts-morph|typescript)"/m;
    const plugin = bound.filter(({ path }) => path.startsWith("compiler/plugin/"));
    expect(plugin.length).toBeGreaterThan(0);
    expect(plugin.filter(({ text }) => loads.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("only the composition root and the test kit pick a store", () => {
    const picks = (to: string) => /^runtime\/store\/[^/]+\//.test(to);
    const others = findOffences(/^(?!runtime\/(?:store|testing)\/)/, picks);
    expect(others.filter((line) => !compositionRoot.test(line))).toEqual([]);
  });

  it("only server and serve know an HTTP framework", () => {
    const framework = /^(?:fastify|@fastify\/.*|express|hono|koa|h3|next)$/;
    expect(findOffences(/^(?!runtime\/(?:server|serve)\/)/, (to) => framework.test(to))).toEqual([]);
  });
});

describe("files", () => {
  it("have kebab-case names that say what is in them", () => {
    const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.test-d|\.test\.program)?\.tsx?$/;
    const bucket = /^(?:utils?|helpers?|common|types|shared|misc)\.tsx?$/;
    const odd = sources
      .map((file) => file.path)
      .filter((path) => !name.test(basename(path)) || bucket.test(basename(path)));
    expect(odd).toEqual([]);
  });

  it("export by hand", () => {
    expect(sources.filter((file) => /^export \*/m.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  it("import zod as a namespace: of its object, the bundle would have every language", () => {
    expect(
      bound.filter((file) => /^import (?:type )?\{.*\} from "zod"/m.test(file.text)).map((file) => file.path),
    ).toEqual([]);
  });

  it("are one thing: at most 400 lines", () => {
    const long = bound.map((file) => `${file.path}: ${file.text.split("\n").length - 1}`);
    expect(long.filter((line) => Number(line.split(": ")[1]) > 400)).toEqual([]);
  });
});
