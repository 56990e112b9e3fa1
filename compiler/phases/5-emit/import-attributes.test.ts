/** `app.ts` type-checks in the module systems that applications have. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ts } from "ts-morph";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifestVersion, type Manifest } from "../../../runtime/manifest/manifest.js";
import { importAttributesOf } from "../1-source/import-attributes.js";
import { mayHaveAttributes } from "./module-format.js";
import { renderFiles } from "./render-files.js";

let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "stepwright-modules-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { ModuleKind, ModuleResolutionKind } = ts;
const manifest: Manifest = {
  version: manifestVersion,
  app: { id: "app", package: "stepwright" },
  events: [],
  functions: [],
  waivers: [],
  opaque: [],
  hash: "",
};

test.each([
  ["nodenext, ES modules", ModuleKind.NodeNext, ModuleResolutionKind.NodeNext, "module", true],
  ["nodenext, CommonJS", ModuleKind.NodeNext, ModuleResolutionKind.NodeNext, undefined, false],
  ["node16, CommonJS", ModuleKind.Node16, ModuleResolutionKind.Node16, undefined, false],
  ["commonjs", ModuleKind.CommonJS, ModuleResolutionKind.Bundler, undefined, false],
  ["es2022", ModuleKind.ES2022, ModuleResolutionKind.Bundler, "module", false],
  ["esnext", ModuleKind.ESNext, ModuleResolutionKind.Bundler, undefined, true],
  ["preserve", ModuleKind.Preserve, ModuleResolutionKind.Bundler, undefined, true],
])("%s", (name, module, moduleResolution, type, hasAttribute) => {
  const root = join(folder, name.replaceAll(/\W+/g, "-"));
  const outDir = join(root, ".stepwright");
  const stub = join(root, "node_modules/stepwright");
  mkdirSync(outDir, { recursive: true });
  mkdirSync(stub, { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ type }));
  writeFileSync(join(stub, "package.json"), JSON.stringify({ type: "module", exports: { "./codegen": "./c.d.ts" } }));
  writeFileSync(join(stub, "c.d.ts"), "export declare function defineApp(parts: object): object;");
  const options: ts.CompilerOptions = {
    module,
    moduleResolution,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    resolveJsonModule: true,
    esModuleInterop: true,
    skipLibCheck: true,
    types: [],
    noLib: true,
  };
  const files = renderFiles(manifest, { root, outDir }, mayHaveAttributes(importAttributesOf(options), outDir));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(outDir, file), text);
  expect(files["app.ts"].includes("with { type:")).toBe(hasAttribute);
  const app = join(outDir, "app.ts");
  // In place of a library, which would take most of the time.
  const globals = join(root, "globals.d.ts");
  writeFileSync(globals, "interface ImportAttributes { [key: string]: string }");
  const program = ts.createProgram([app, globals], options);
  const source = program.getSourceFile(app);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  // A CommonJS module cannot `require` an ES module in the eyes of older settings; that is not about the attribute.
  const about = found.filter(({ code }) => code !== 1479);
  expect(about.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});
