import type { Expression, ExportPath, Manifest, StepNode } from "../../../runtime/manifest/manifest.js";
import { importPath, type EmitPlace } from "./import-path.js";
import { memberAccess } from "./member-access.js";

/** What `templates/app.ts.hbs` prints. */
export interface AppView {
  /** Where generated code finds the runtime. */
  readonly packagePath: string;
  /** The manifest is imported `with { type: "json" }`. */
  readonly importAttributes: boolean;
  /** Modules that define functions; importing them is what defines. */
  readonly modules: readonly string[];
  readonly declarations: readonly {
    readonly name: string;
    readonly from: string;
    readonly as: string;
    readonly access: string;
  }[];
  readonly expressions: readonly { readonly source: string; readonly closure: string }[];
}

export function viewApp(manifest: Manifest, place: EmitPlace, importAttributes: boolean): AppView {
  return {
    packagePath: `${manifest.app.package}/codegen`,
    importAttributes,
    modules: listModules(manifest).map((file) => importPath(file, place)),
    declarations: listDeclarations(manifest).map(({ module, name, path }, index) => ({
      name,
      from: importPath(module, place),
      as: `declaration${index}`,
      access: memberAccess(path),
    })),
    expressions: listExpressions(manifest).map(({ source, js }) => ({ source, closure: printClosure(js) })),
  };
}

/** An opaque definition is somewhere in its file, even where nothing else of it is known. */
function listModules(manifest: Manifest): string[] {
  const places = [...manifest.functions, ...manifest.opaque].map(({ location }) => location.file);
  return [...new Set(places)].sort();
}

function listDeclarations(manifest: Manifest): ExportPath[] {
  const found = new Map<string, ExportPath>();
  for (const event of manifest.events) if (event.export) found.set(JSON.stringify(event.export), event.export);
  return [...found.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, declaration]) => declaration);
}

/** Every lowered expression, once. */
function listExpressions(manifest: Manifest): { source: string; js: string }[] {
  const found = new Map<string, string>();
  const add = (expression: Expression | undefined): void => {
    if (expression?.js) found.set(expression.source, expression.js);
  };
  for (const { config, triggers, steps } of manifest.functions) {
    for (const trigger of triggers) if (trigger.kind === "event") add(trigger.if);
    for (const { key } of config.concurrency) add(key);
    for (const cancellation of config.cancelOn) add(cancellation.if);
    add(config.throttle?.key);
    add(config.rateLimit?.key);
    add(config.debounce?.key);
    add(config.batchEvents?.key);
    add(config.batchEvents?.if);
    add(config.singleton?.key);
    add(config.priority?.run);
    add(config.idempotency?.key);
    for (const condition of listConditions(steps)) add(condition);
  }
  return [...found]
    .map(([source, js]) => ({ source, js }))
    .sort((left, right) => (left.source < right.source ? -1 : 1));
}

function listConditions(steps: readonly StepNode[]): Expression[] {
  return steps.flatMap((step) => (step.kind === "step" ? (step.if ? [step.if] : []) : listConditions(step.children)));
}

/** An application may forbid parameters that are not used, unless their names say so. */
function printClosure(js: string): string {
  const code = js.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const parameters = readTests.map(([name, isRead]) => (isRead.test(code) ? name : `_${name}`));
  return `(${parameters.join(", ")}) => ${js}`;
}

/** For code without texts: whether it reads the parameter. */
const readTests = [
  ["event", /\bevent\b/],
  ["async", /\basync\b/],
  ["$", /\$\./],
] as const;
