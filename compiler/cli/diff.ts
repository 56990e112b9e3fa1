/** `stepwright diff <old>`. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { manifestSchema, type Manifest } from "../../runtime/manifest/manifest.js";
import { compareManifests } from "../diff/compare-manifests.js";
import { renderFindings } from "../diff/finding.js";

export function makeDiffCommand(): Command {
  return new Command("diff")
    .description("Compares the manifests of two deployments; exits with 1 when something breaks.")
    .argument("<old>", "the manifest of the deployment before")
    .option("--new <path>", "the manifest of the deployment to come", ".stepwright/manifest.json")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .action((old: string, options: { new: string; format: string }, command: Command) => {
      const findings = compareManifests(readManifest(old, command), readManifest(options.new, command));
      process.stdout.write(options.format === "json" ? `${JSON.stringify({ findings })}\n` : renderFindings(findings));
      if (findings.some((finding) => finding.severity === "breaking")) process.exitCode = 1;
    });
}

function readManifest(path: string, command: Command): Manifest {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
  } catch (error) {
    command.error(`error: cannot read \`${path}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
  return command.error(`error: \`${path}\` is not a manifest of this version; \`stepwright build\` writes one`);
}
