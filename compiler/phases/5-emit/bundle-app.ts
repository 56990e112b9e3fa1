import path from "node:path";
import * as z from "zod";
import { build, context, type BuildOptions, type Plugin } from "esbuild";
import type { Manifest } from "../../../runtime/manifest/manifest.js";
import { printManifestLiteral } from "./print-manifest.js";

export interface BundleOptions {
  /** Absolute; where the emitted files are: `app.ts` imports relative to it. */
  readonly outDir: string;
  /** Absolute; for path aliases. Undefined: the nearest one to each file. */
  readonly tsconfig?: string | undefined;
}

/** What is bundled: not read from the disk, where the last build still is. */
export interface BundleInput {
  /** The specifier of our own package: never bundled, so that all of the process shares one. */
  readonly packageName: string;
  readonly app: string;
  readonly manifest: Manifest;
}

export interface Bundler {
  /**
   * Bundles `app.ts` with the application's own modules, those of workspace packages included. Installed dependencies
   * stay imports.
   *
   * @throws esbuild's BuildFailure when a module of the application cannot be parsed
   */
  bundle(input: BundleInput): Promise<string>;
  /** Lets go of what is kept between bundles. */
  close(): Promise<void>;
}

/** CommonJS modules of a workspace need `require` for what they import. */
const header = `// Made by \`stepwright build\`. Changes are lost: the next build writes it anew.
import { createRequire as stepwrightCreateRequire } from "node:module";
const require = stepwrightCreateRequire(import.meta.url);`;

/** Makes a bundler that reads again only what has changed since its last bundle. */
export async function createBundler({ outDir, tsconfig }: BundleOptions): Promise<Bundler> {
  const input: { current: BundleInput | null } = { current: null };
  const options: BuildOptions = {
    // Paths in the output are relative to this, so the same application gives the same bytes anywhere.
    absWorkingDir: outDir,
    entryPoints: [entry],
    outfile: path.join(outDir, "app.mjs"),
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    sourcesContent: false,
    // Function names are part of what users see in stacks and logs.
    keepNames: true,
    banner: { js: header },
    logLevel: "silent",
    ...(tsconfig !== undefined && { tsconfig }),
    plugins: [serveEmittedFiles(input, outDir), resolveModules(input)],
  };
  const incremental = await context(options);
  return {
    async bundle(given) {
      input.current = given;
      const { outputFiles } = await incremental.rebuild().catch((error: unknown) => {
        const missingModules = readMissingModules(error);
        if (!missingModules) throw error;
        // Asking for each import whether it is there would make every build slower; failing once is rare.
        return build({ ...options, plugins: [replaceModules(missingModules), ...(options.plugins ?? [])] });
      });
      const [file] = outputFiles ?? [];
      if (!file) throw new Error("internal error: the bundler made no file");
      return fillIn(file.text, printManifestLiteral(given.manifest));
    },
    close: () => incremental.dispose(),
  };
}

type CurrentInput = { readonly current: BundleInput | null };

const emitted = "emitted";

/** No file has this name: esbuild would take one that is there instead of asking. */
const entry = "the emitted application";

function serveEmittedFiles(input: CurrentInput, outDir: string): Plugin {
  return {
    name: "emitted-files",
    setup(builder) {
      // Each import that a filter fits is a question to this process: 200 modules import each other 400 times.
      builder.onResolve({ filter: new RegExp(`^${entry}$`) }, ({ kind }) =>
        kind === "entry-point" ? { path: "app.ts", namespace: emitted } : null,
      );
      builder.onResolve({ filter: /^\.\/manifest\.json$/, namespace: emitted }, () => ({
        path: "manifest.json",
        namespace: emitted,
      }));
      builder.onLoad({ filter: /.*/, namespace: emitted }, ({ path: name }) =>
        name === "app.ts"
          ? { contents: input.current?.app ?? "", loader: "ts", resolveDir: outDir }
          : { contents: manifestModule, loader: "js" },
      );
    },
  };
}

/** Stands for the manifest while the bundler works. */
const manifestMark = "stepwright manifest 5d0c9a1f7be34c62";

/** One string is loaded much faster than the thousands of object literals in it. */
const manifestModule = `export default JSON.parse(${JSON.stringify(manifestMark)});`;

/** The bundler need not parse and print megabytes of manifest each time. Nothing mapped comes behind it on its line. */
function fillIn(bundle: string, manifestLiteral: string): string {
  const [before, after, ...more] = bundle.split(JSON.stringify(manifestMark));
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error("internal error: the bundle has no single place for the manifest");
  }
  return `${before}${manifestLiteral}${after}`;
}

const resolving = Symbol("resolving");
const missing = "missing";

/** What a bare specifier finds outside `node_modules` is the application's own: path aliases and linked packages. */
function resolveModules(input: CurrentInput): Plugin {
  return {
    name: "own-modules",
    setup(builder) {
      builder.onResolve({ filter: /^[^./]/ }, async (given) => {
        const { path: specifier, importer, namespace, resolveDir, kind, pluginData } = given;
        if (pluginData === resolving || kind === "entry-point") return null;
        const external = { path: specifier, external: true };
        const packageName = input.current?.packageName ?? "";
        if (specifier === packageName || specifier.startsWith(`${packageName}/`)) return external;
        const found = await builder.resolve(specifier, {
          importer,
          namespace,
          resolveDir,
          kind,
          pluginData: resolving,
        });
        // What is not installed now may be when the application runs.
        const isOwn = found.errors.length === 0 && !found.external && !isInstalled(found.path);
        return isOwn ? { path: found.path, namespace: found.namespace, sideEffects: found.sideEffects } : external;
      });
    },
  };
}

/** Puts a module in the place of each that is not there. */
function replaceModules(specifiers: readonly string[]): Plugin {
  return {
    name: "missing-modules",
    setup(builder) {
      builder.onResolve({ filter: /^\.{1,2}(\/|$)/ }, ({ path: specifier }) =>
        specifiers.includes(specifier) ? { path: specifier, namespace: missing } : null,
      );
      builder.onLoad({ filter: /.*/, namespace: missing }, ({ path: specifier }) => ({
        contents: printMissingModule(specifier),
        loader: "js",
      }));
    },
  };
}

const isInstalled = (file: string): boolean => file.split(path.sep).includes("node_modules");

/** The modules that a failed build could not find; null when it failed for another reason. */
function readMissingModules(error: unknown): string[] | null {
  const failure = failureSchema.safeParse(error);
  if (!failure.success) return null;
  const specifiers = failure.data.errors.map(({ text }) => /^Could not resolve "(\.{1,2}\/.*)"$/.exec(text)?.[1]);
  return specifiers.every((specifier) => specifier !== undefined) ? specifiers : null;
}

const failureSchema = z.object({ errors: z.array(z.object({ text: z.string() })).min(1) });

/** A module that is not there stops what uses it, not the rest of the application. */
function printMissingModule(specifier: string): string {
  const message = `the module ${JSON.stringify(specifier)} was not there when the application was built`;
  return `module.exports = new Proxy({}, { get(_target, name) {
    if (name === "__esModule" || typeof name === "symbol") return undefined;
    throw new Error(${JSON.stringify(message)});
  } });`;
}
