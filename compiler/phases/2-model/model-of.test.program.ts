import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openSource } from "../1-source/open-source.js";
import { readProjectConfig } from "../1-source/project-config.js";
import { buildModel } from "./build-model.js";
import type { AppModel, FunctionModel, StepNode } from "./model.js";

/** The model of a program that is given as texts by path. Nothing is installed. */
export function modelOf(files: Readonly<Record<string, string>>): AppModel {
  const root = mkdtempSync(join(tmpdir(), "stepwright-model-"));
  try {
    const config = { compilerOptions: { module: "nodenext", strict: true, allowJs: true, target: "es2022" } };
    for (const [path, text] of Object.entries({ "tsconfig.json": JSON.stringify(config), ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return buildModel(openSource(readProjectConfig(root, undefined)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The only function of a program that is one file: a client named `client`, and what is given. */
export function functionOf(text: string, files: Readonly<Record<string, string>> = {}): FunctionModel {
  const { functions } = modelOf({ ...files, "main.ts": `${prelude}\n${text}` });
  const [only] = functions;
  if (!only || functions.length !== 1) throw new Error(`${functions.length} functions instead of one`);
  return only;
}

export const prelude = `import { Inngest } from "inngest";\nconst client = new Inngest({ id: "app" });`;

/** The step graph of a handler's body, as text: \`a, parallel(b, c)\`. */
export function graphOf(body: string, files: Readonly<Record<string, string>> = {}, imports = ""): string {
  const text = `${imports}
export const f = client.createFunction({ id: "f" }, { event: "e" }, async ({ event, step, group, ...rest }) => {${body}});`;
  return (functionOf(text, files).handler?.steps ?? []).map(drawNode).join(", ");
}

function drawNode(node: StepNode): string {
  if (node.kind !== "step") {
    const name = node.kind === "loop" && node.concurrent ? "concurrent loop" : node.kind;
    return `${name}(${node.children.map(drawNode).join(", ")})`;
  }
  const nested = node.nested.length > 0 ? `{${node.nested.map(drawNode).join(", ")}}` : "";
  const awaited = node.awaited === "yes" ? "" : `?${node.awaited}`;
  return `${node.id ?? `\`${node.template ?? ""}\``}${nested}${awaited}`;
}
