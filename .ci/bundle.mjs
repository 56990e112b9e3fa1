/**
 * The last part of `npm run build`: what tsc wrote, a module a file, becomes a few files for what is published. A process that
 * starts reads those in half the time (130 ms less for `start`), and they share their chunks, so that a class is the same whichever
 * entry it comes from. The packages that every start loads are in them too (another 150 ms), with their licences beside them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

const bundled = "./dist/bundle/";
const inlined = ["@marcbachmann/cel-js", "cron-parser", "fastify", "ms", "pino", "protobufjs", "ws", "zod"];
const { exports: entries, bin, dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const published = [...Object.values(entries).map((entry) => entry.default), ...Object.values(bin)];
/** The official SDK, which the benchmarks call. */
const measured = { "inngest-v3": "", "inngest-v4": "" };
const children = ["./dist/bundle/runtime/bench/child/main.js"];
/** What the editor's plug-in loads when it is needed. */
const editorCompiler = "./dist/bundle/compiler/plugin/editor-compiler.js";

const { metafile } = await build({
  entryPoints: [...published, ...children, editorCompiler]
    .filter((file) => file?.startsWith(bundled) && file.endsWith(".js"))
    .map((file) => file.replace(bundled, "./dist/")),
  outdir: bundled,
  outbase: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  external: Object.keys({ ...dependencies, ...peerDependencies, ...measured })
    .filter((name) => !inlined.includes(name))
    .flatMap((name) => [name, `${name}/*`]),
  // What is inlined may be CommonJS, and asks for modules of Node. Made when first called: a worker at the edge may have no URL.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = (id) => __createRequire(import.meta.url)(id);',
  },
  format: "esm",
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
  metafile: true,
});

// A browser has none of Node's modules, which the banner above asks for.
const inBrowsers = Object.values(entries).filter((entry) => entry.browser);
await build({
  entryPoints: Object.fromEntries(
    inBrowsers.map((entry) => [
      entry.browser.replace(bundled, "").replace(/\.js$/, ""),
      entry.default.replace(bundled, "./dist/"),
    ]),
  ),
  outdir: bundled,
  chunkNames: "browser/chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  external: ["react"],
  format: "esm",
  platform: "browser",
  target: "es2022",
  logLevel: "warning",
});

// TypeScript loads its plug-ins with `require`, and wants a function.
await build({
  entryPoints: ["./dist/compiler/plugin/plugin.js"],
  outfile: `${bundled}compiler/plugin/plugin.cjs`,
  bundle: true,
  external: ["./editor-compiler.js"],
  footer: { js: "module.exports = module.exports.default;" },
  format: "cjs",
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
});

// tsserver knows nothing of `exports`: `stepwright/plugin` has to be a folder. Written here, so that the sources need none.
mkdirSync("plugin", { recursive: true });
const plugin = { type: "commonjs", main: `../${bundled.slice(2)}compiler/plugin/plugin.cjs` };
writeFileSync("plugin/package.json", `${JSON.stringify(plugin, null, 2)}\n`);

/** From the file of a package in it, the package's folder. */
const packageFolder = (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
const folders = [...new Set(Object.keys(metafile.inputs).map(packageFolder))].filter((folder) => folder !== undefined);
const licences = folders.sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8")}`;
});
writeFileSync(join(bundled, "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
