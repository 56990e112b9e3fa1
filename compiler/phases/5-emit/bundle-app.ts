import path from "node:path";
import { build, type Plugin } from "esbuild";

export interface BundleOptions {
  /** Absolute; the folder that has `app.ts` and `manifest.json`, and gets `app.mjs`. */
  readonly folder: string;
  /** The specifier of our own package: never bundled, so that all of the process shares one. */
  readonly packageName: string;
  /** Absolute; for path aliases. Undefined: the nearest one to each file. */
  readonly tsconfig?: string | undefined;
}

/** Modules of Node, and what the loaded code must get from the installed package. */
const header = `// Made by \`stepwright build\`. Changes are lost: the next build writes it anew.
import { createRequire as stepwrightCreateRequire } from "node:module";
const require = stepwrightCreateRequire(import.meta.url);`;

/**
 * Bundles `app.ts` with the application's own modules, those of workspace packages included, into `app.mjs`. Installed
 * dependencies stay imports.
 *
 * @throws esbuild's BuildFailure when a module of the application cannot be read or parsed
 */
export async function bundleApp({ folder, packageName, tsconfig }: BundleOptions): Promise<void> {
  await build({
    // Paths in the output are relative to this, so the folder's name is in none of them.
    absWorkingDir: folder,
    entryPoints: [path.join(folder, "app.ts")],
    outfile: path.join(folder, "app.mjs"),
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
    plugins: [keepDependenciesExternal(packageName)],
  });
}

const resolving = Symbol("resolving a bare specifier");

/** Bundles what a bare specifier finds outside `node_modules`: path aliases and linked workspace packages. */
function keepDependenciesExternal(packageName: string): Plugin {
  return {
    name: "keep-dependencies-external",
    setup(builder) {
      builder.onResolve({ filter: /^[^./]/ }, async (given) => {
        if (given.pluginData === resolving || given.kind === "entry-point" || path.isAbsolute(given.path)) return null;
        const external = { path: given.path, external: true };
        if (given.path === packageName || given.path.startsWith(`${packageName}/`)) return external;
        const { importer, resolveDir, kind } = given;
        const found = await builder.resolve(given.path, { importer, resolveDir, kind, pluginData: resolving });
        // What cannot be found now may be there, or not be reached, when the application runs.
        const isOwn =
          found.errors.length === 0 && !found.external && !found.path.split(path.sep).includes("node_modules");
        return isOwn ? { path: found.path } : external;
      });
    },
  };
}
