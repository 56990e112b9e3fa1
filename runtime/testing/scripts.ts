import type { StepOp } from "../transport/step-op.js";
import type { HandlerCall, Transport } from "../transport/transport.js";
import { overlay } from "./overlay.js";
import { Script } from "./script.js";
import { TestKitError } from "./test-kit-error.js";

interface StepScript {
  /** Full id; null: of every function. */
  readonly functionId: string | null;
  readonly stepId: string;
  readonly script: Script;
}

/** What was scripted in a test, and how often the bodies of steps were executed. */
export class Scripts {
  readonly #steps: StepScript[] = [];
  readonly #functions = new Map<string, Script>();
  readonly #executions = new Map<string, number>();
  readonly #tools = new Map<string, string>();

  /** The latest script of a step wins. */
  addStep<R>(functionId: string | null, stepId: string): Script<R> {
    const where = functionId === null ? "" : ` of \`${functionId}\``;
    const script = new Script<R>(`step \`${stepId}\`${where}`);
    this.#steps.unshift({ functionId, stepId, script });
    return script;
  }

  addFunction<R>(functionId: string): Script<R> {
    const script = new Script<R>(`function \`${functionId}\``);
    this.#functions.set(functionId, script);
    return script;
  }

  /** Names of those that the test has not used. */
  get unused(): string[] {
    const all = [...this.#steps.map(({ script }) => script), ...this.#functions.values()];
    return all.filter((script) => script.missed).map((script) => script.name);
  }

  /** How often the step's body, or its script, has been executed. */
  executions(runId: string, stepKey: string): number {
    return this.#executions.get(placeOf(runId, stepKey)) ?? 0;
  }

  /** The tool of a step in whose place a script was executed; undefined for the others. */
  scriptedTool(runId: string, stepKey: string): string | undefined {
    return this.#tools.get(placeOf(runId, stepKey));
  }

  wrap(inner: Transport): Transport {
    return {
      execute: (call) => {
        const perform = (op: StepOp): Promise<unknown> => call.host.perform(this.#replace(call, op));
        const script = this.#functions.get(call.functionId);
        const handler = script
          ? (context: never) => script.play({ attempt: call.attempt, input: call.events }, () => call.handler(context))
          : call.handler;
        // A scripted handler may throw synchronously.
        return inner.execute(
          overlay(call, { host: overlay(call.host, { perform }), handler: async (context) => handler(context) }),
        );
      },
    };
  }

  #replace({ host, runId, functionId }: HandlerCall, op: StepOp): StepOp {
    const { key, recorded } = host.foresee(op.id);
    if (recorded) return this.#asRecorded(runId, key, op);
    const script = this.#find(functionId, key, op.id);
    const place = placeOf(runId, key);
    const count = (): void => void this.#executions.set(place, (this.#executions.get(place) ?? 0) + 1);
    if (op.kind === "run" || op.kind === "rollback") {
      return {
        ...op,
        body: (attempt, input) => {
          count();
          const real = (): unknown => op.body(attempt, input);
          return script ? script.play({ attempt: attempt.number, input }, real) : real();
        },
      };
    }
    if (!script) return op;
    this.#tools.set(place, op.kind);
    const { id, name, rollback } = op;
    return {
      kind: "run",
      id,
      name,
      ...(rollback && { rollback }),
      input: [],
      body: (attempt, input) => {
        count();
        return script.play({ attempt: attempt.number, input }, () => {
          throw new TestKitError("no-outcome", `${script.name} has no outcome for attempt ${attempt.number}`);
        });
      },
    };
  }

  /** A result that a script gave is in the journal as that of a body. */
  #asRecorded(runId: string, key: string, op: StepOp): StepOp {
    if (!this.#tools.has(placeOf(runId, key))) return op;
    const { id, name, rollback } = op;
    return { kind: "run", id, name, ...(rollback && { rollback }), input: [], body: () => null };
  }

  /** A script for the very step goes before one for all repeats of its id. */
  #find(functionId: string, key: string, id: string): Script | null {
    const ofFunction = this.#steps.filter((each) => each.functionId === null || each.functionId === functionId);
    const exact = key === id ? `${id}:0` : key;
    const found = ofFunction.find(({ stepId }) => stepId === exact) ?? ofFunction.find(({ stepId }) => stepId === id);
    return found?.script ?? null;
  }
}

const placeOf = (runId: string, stepKey: string): string => JSON.stringify([runId, stepKey]);
