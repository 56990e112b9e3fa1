/** `stepwright graph [function]`. */
import { Command, Option } from "commander";

import { findNearestName } from "../diagnostics/nearest-name.js";
import { eventFlowOf } from "../emissions/graph/event-flow-of.js";
import type { Graph } from "../emissions/graph/graph.js";
import { renderMermaid } from "../emissions/graph/render-mermaid.js";
import { renderSvg } from "../emissions/graph/render-svg.js";
import { stepGraphOf } from "../emissions/graph/step-graph-of.js";
import type { Manifest } from "../../runtime/manifest/manifest.js";
import { defaultManifest, readManifest } from "./read-manifest.js";
import { writeOutput } from "./write-output.js";

export function makeGraphCommand(): Command {
  return new Command("graph")
    .description("Draws the steps of a function; without one, which events and functions start which.")
    .argument("[function]", "its id, without the application's")
    .option("--manifest <path>", "of the application", defaultManifest)
    .addOption(new Option("--format <format>", "what to write").choices(["mermaid", "svg"]).default("mermaid"))
    .option("--out <file>", "where to; the standard output without")
    .action((id: string | undefined, options: { manifest: string; format: string; out?: string }, command: Command) => {
      const graph = chooseGraph(readManifest(options.manifest, command), id, command);
      writeOutput(options.format === "svg" ? renderSvg(graph) : renderMermaid(graph), options.out, command);
    });
}

function chooseGraph(manifest: Manifest, id: string | undefined, command: Command): Graph {
  if (id === undefined) return eventFlowOf(manifest);
  const entry = manifest.functions.find((each) => each.id === id);
  if (entry) return stepGraphOf(entry);
  const ids = manifest.functions.map((each) => each.id);
  const nearest = findNearestName(id, ids);
  const hint =
    nearest === null ? `there are ${ids.map((each) => `\`${each}\``).join(", ")}` : `did you mean \`${nearest}\`?`;
  return command.error(`error: there is no function \`${id}\`; ${hint}`);
}
