import type { MetadataUpdate } from "../store/metadata.js";
import type { RunNote } from "../transport/run-note.js";
import type { Clock } from "./clock.js";
import type { Committer } from "./committer.js";
import { RuntimeError } from "./engine.js";
import { messageOf } from "./message-of.js";
import { estimateCost } from "./model-prices.js";

/** What an application may say of itself under the prefix that is not the user's. */
const publicKinds: ReadonlySet<string> = new Set([
  "inngest.ai",
  "inngest.http",
  "inngest.http.timing",
  "inngest.response_headers",
  "inngest.warnings",
  "inngest.experiment",
  "inngest.score",
]);
const longestKind = 128;
const longestStep = 512;
const mostNotes = 100;

/** Notes on runs and steps: scores, what a model was used for, and whatever an application wants to find again. */
export class RunMetadata {
  constructor(
    readonly clock: Clock,
    readonly committer: Committer,
    /** Told of what `keep` could not. */
    readonly onRefused: (message: string, runId: string) => void,
  ) {}

  /** The same for what comes with results of steps: what cannot be noted does not hinder these. */
  keep(runId: string, notes: readonly RunNote[]): void {
    this.annotate(runId, notes).catch((error: unknown) => this.onRefused(messageOf(error), runId));
  }

  /** As `Engine.annotate`. */
  async annotate(runId: string, notes: readonly RunNote[]): Promise<void> {
    if (notes.length > mostNotes) throw tooLarge(`${notes.length} notes at once, the limit is ${mostNotes}`);
    const updates = notes.map((note) => this.#toUpdate(runId, note));
    const outcome = await this.committer.commit(updates.map((update) => ({ kind: "metadata", update })));
    if (!outcome.ok) throw new Error("internal error: nothing guards a note");
    for (const result of outcome.results) {
      if (result.kind !== "metadata" || result.outcome === "stored") continue;
      if (result.outcome === "too-large") throw tooLarge("a kind may have 64 KiB, and a run 1 MiB");
      throw new RuntimeError("unknown-run", `there is no run \`${runId}\``, "list the runs to find its id");
    }
  }

  #toUpdate(runId: string, { step, kind, op, values }: RunNote): MetadataUpdate {
    const problem = findProblem(kind, step);
    if (problem !== null) throw new RuntimeError("invalid-metadata", problem, "choose a kind such as `userland.notes`");
    const complete = kind === "inngest.ai" && op !== "delete" ? withCost(values) : values;
    return { runId, step, kind, op, values: JSON.stringify(complete), updatedAt: this.clock.now() };
  }
}

function findProblem(kind: string, step: string | null): string | null {
  if (kind === "" || Buffer.byteLength(kind) > longestKind) return `a kind must have 1 to ${longestKind} bytes`;
  if (kind.startsWith("inngest.") && !publicKinds.has(kind)) return `the kind \`${kind}\` is not for applications`;
  if (step !== null && (step === "" || step.length > longestStep)) return "the step is not named as steps are";
  return null;
}

function tooLarge(message: string): RuntimeError {
  return new RuntimeError("metadata-too-large", message, "note less, or store it elsewhere and note a reference to it");
}

/** The provider's own figure counts where there is one. */
function withCost(values: RunNote["values"]): RunNote["values"] {
  if (typeof values["estimated_cost"] === "number") return values;
  const model = [values["response_model"], values["request_model"]].find((each) => typeof each === "string" && each);
  const tokens = (name: string): number => (typeof values[name] === "number" ? values[name] : 0);
  const cost = typeof model === "string" ? estimateCost(model, tokens("input_tokens"), tokens("output_tokens")) : null;
  return cost === null ? values : { ...values, estimated_cost: cost };
}
