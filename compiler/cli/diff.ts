/** `stepwright diff <old>`. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { manifestSchema, type Manifest } from "../../runtime/manifest/manifest.js";
import { compareManifests } from "../diff/compare-manifests.js";
import { renderFindings, type Finding } from "../diff/finding.js";
import { JudgedRuns, renderJudged } from "../diff/live/group-judgements.js";
import { RunJudge } from "../diff/live/judge-run.js";
import { runInFlightSchema } from "../diff/live/run-in-flight.js";

/** What the runtime offers; only the composition root knows both. */
export interface Deployments {
  readonly isDeployment: (where: string) => boolean;
  readonly withDeployment: (where: string, use: (source: DeploymentSource) => Promise<number>) => Promise<number>;
}

interface DeploymentSource {
  manifests(): Promise<readonly unknown[]>;
  openRuns(): Promise<number>;
  runsOf(functionId: string): AsyncIterable<unknown>;
}

interface Flags {
  readonly new: string;
  readonly live?: string | true;
  readonly format: "text" | "json";
}

export function makeDiffCommand({ isDeployment, withDeployment }: Deployments): Command {
  return new Command("diff")
    .description(
      "Compares the deployment to come with the one before; exits with 1 when something stored or in flight breaks.",
    )
    .argument("<old>", "a manifest, a database that no server has open, or the URL of a running server")
    .option("--new <path>", "the manifest of the deployment to come", ".stepwright/manifest.json")
    .option("--live [where]", "judge the runs in flight there: a database or a URL; by default what <old> is")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .action(async (old: string, flags: Flags, command: Command) => {
      const next = readManifest(flags.new, command);
      const where = flags.live === true ? old : flags.live;
      if (where !== undefined && !isDeployment(where)) {
        command.error(`error: \`${where}\` is neither a database nor a URL; name one with \`--live <where>\``);
      }
      if (!isDeployment(old)) {
        const before = readManifest(old, command);
        if (where === undefined) return finish(flags, compareManifests(before, next), null);
        const code = await withDeployment(where, async (source) => {
          const stored = (await source.manifests()).flatMap(parseManifest);
          finish(flags, compareManifests(before, next), await judgeRuns(source, next, [before, ...stored]));
          return 0;
        });
        if (code !== 0) process.exitCode = code;
        return;
      }
      const code = await withDeployment(old, async (source) => {
        const stored = (await source.manifests()).flatMap(parseManifest);
        const [before] = stored;
        if (!before) {
          command.error(
            `error: \`${old}\` does not say what it has run; compare with a manifest, and give it to \`--live\``,
          );
        }
        const findings = compareManifests(before, next);
        if (where === undefined || where === old) {
          finish(flags, findings, where === undefined ? null : await judgeRuns(source, next, stored));
          return 0;
        }
        return withDeployment(where, async (other) => {
          finish(flags, findings, await judgeRuns(other, next, stored));
          return 0;
        });
      });
      if (code !== 0) process.exitCode = code;
    });
}

/** Runs of functions that no manifest names cannot be listed: they are counted. */
interface Judged {
  readonly runs: JudgedRuns;
  readonly unnamed: number;
}

async function judgeRuns(source: DeploymentSource, next: Manifest, before: readonly Manifest[]): Promise<Judged> {
  const judge = new RunJudge(next, before);
  const runs = new JudgedRuns();
  const ids = new Set([next, ...before].flatMap(listFullIds));
  let seen = 0;
  const open = await source.openRuns();
  for (const functionId of ids) {
    for await (const found of source.runsOf(functionId)) {
      const run = runInFlightSchema.parse(found);
      runs.add(functionId, run.id, judge.judge(run));
      seen++;
    }
  }
  return { runs, unnamed: Math.max(0, open - seen) };
}

/** With those of lifecycle handlers. */
function listFullIds({ app, functions }: Manifest): string[] {
  return functions.flatMap(({ id }) => {
    const full = `${app.id ?? "app"}-${id}`;
    return [full, `${full}-failure`, `${full}-cancel`, `${full}-complete`];
  });
}

function finish({ format }: Flags, findings: readonly Finding[], judged: Judged | null): void {
  if (format === "json") {
    const live = judged && { live: judged.runs.groups, unnamed: judged.unnamed };
    process.stdout.write(`${JSON.stringify({ findings, ...live })}\n`);
  } else {
    process.stdout.write(renderFindings(findings));
    if (judged) process.stdout.write(renderJudged(judged.runs));
    if (judged && judged.unnamed > 0) {
      process.stdout.write(`${judged.unnamed} more runs are of functions that no manifest names; they need pinning\n`);
    }
  }
  const breaking = findings.filter(({ severity }) => severity === "breaking");
  // What is in flight says more about steps and functions than their comparison does.
  const bad = judged ? breaking.filter(({ code }) => code.startsWith("event-")) : breaking;
  const unsafe = judged ? judged.unnamed + judged.runs.count("will-diverge") + judged.runs.count("needs-pinning") : 0;
  if (bad.length + unsafe > 0) process.exitCode = 1;
}

function readManifest(path: string, command: Command): Manifest {
  try {
    const [parsed] = parseManifest(JSON.parse(readFileSync(path, "utf8")));
    if (parsed) return parsed;
  } catch (error) {
    command.error(`error: cannot read \`${path}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
  return command.error(`error: \`${path}\` is not a manifest of this version; \`stepwright build\` writes one`);
}

function parseManifest(value: unknown): Manifest[] {
  const parsed = manifestSchema.safeParse(value);
  return parsed.success ? [parsed.data] : [];
}
