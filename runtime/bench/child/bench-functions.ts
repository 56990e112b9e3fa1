import { openSync, writeSync } from "node:fs";

import { Stepwright } from "../../define/client.js";
import type { FunctionDefinition } from "../../define/function-definition.js";

/** What each step returns: the same as the peers' step bodies. */
interface StepResult {
  readonly ok: true;
  readonly id: string;
  readonly k: number;
}

/** Told when a step's body runs. */
export type OnStep = (id: string, step: number) => void;

/** The functions of all workloads. Their handlers have nothing in them but steps, so what is measured is the runtime. */
export function defineBenchFunctions(onStep: OnStep): readonly FunctionDefinition[] {
  const client = new Stepwright({ id: "bench" });
  const body = (id: string, k: number): StepResult => {
    onStep(id, k);
    return { ok: true, id, k };
  };
  return [
    client.createFunction(
      { id: "three", retries: 3, triggers: [{ event: "bench/three" }] },
      async ({ event, step }) => {
        const { id } = event.data;
        const a = await step.run("s1", () => body(id, 1));
        const b = await step.run("s2", () => body(id, 2));
        const c = await step.run("s3", () => body(id, 3));
        return { a, b, c };
      },
    ),
    client.createFunction(
      { id: "sequence", retries: 3, triggers: [{ event: "bench/sequence" }] },
      async ({ event, step }) => {
        const { id, n } = event.data;
        for (let i = 0; i < n; i++) await step.run(`s${i}`, () => body(id, i));
        return { n };
      },
    ),
    client.createFunction(
      { id: "fan-out", retries: 3, triggers: [{ event: "bench/fan-out" }] },
      async ({ event, step }) => {
        const { id, n } = event.data;
        const results = await Promise.all(Array.from({ length: n }, (_, i) => step.run(`p${i}`, () => body(id, i))));
        return { n: results.length };
      },
    ),
    client.createFunction(
      { id: "sleeper", retries: 3, triggers: [{ event: "bench/sleeper" }] },
      async ({ event, step }) => {
        const { id } = event.data;
        await step.run("s1", () => body(id, 1));
        await step.sleep("z", "1h");
        return { id };
      },
    ),
  ];
}

/** Appends a line for each executed step: what is in the file was executed, whatever became of the process. */
export function logSteps(file: string): OnStep {
  const descriptor = openSync(file, "a");
  return (id, step) => writeSync(descriptor, `${id} ${step}\n`);
}
