import { ambient } from "../define/ambient.js";
import { currentContext, currentStep, inStep } from "../transport/ambience.js";
import type { PlacedNote } from "../define/note.js";
import { toRunNote } from "../transport/run-note.js";
import { currentGroup } from "../transport/inline.js";
import { watchRejections } from "../transport/unhandled-rejections.js";
import { readJson } from "./json.js";
import { lendRealtime } from "./lend-realtime.js";
import type { Engine } from "./engine.js";

/**
 * Lets the application's own code reach the engine without HTTP: `client.send`, the emitted client, the global `step`.
 * The promises that it rejects and nobody handles reach their runs.
 * The returned function takes it back.
 */
export function lendAmbient(
  engine: Pick<Engine, "send" | "sendSignal" | "invoke" | "result" | "annotate" | "realtime">,
): () => void {
  const mine = {
    send: (events: readonly unknown[]) => engine.send(events),
    invoke: (functionId: string, data: unknown) => engine.invoke(functionId, data),
    result: async (runId: string, waitMs: number) => {
      const result = await engine.result(runId, waitMs);
      return result && { status: result.status, output: readJson(result.output ?? "null") };
    },
    sendSignal: async (signal: string, data: unknown) => (await engine.sendSignal(signal, data)).runId ?? undefined,
    ...lendRealtime(engine.realtime),
    annotate: (note: PlacedNote) => engine.annotate(note.runId, [toRunNote(note)]),
    currentStep,
    inStep,
    currentContext,
    currentGroup,
  };
  Object.assign(ambient, mine);
  const unwatch = watchRejections();
  return () => {
    unwatch();
    // Another engine of this process may have taken over.
    if (ambient.send !== mine.send) return;
    for (const name of Object.keys(mine) as (keyof typeof mine)[]) ambient[name] = undefined;
  };
}
