import type { Hub } from "../realtime/hub.js";
import { maxMessageBytes, type Message, runTopic, stepTopic } from "../realtime/message.js";
import type { Happening } from "./engine.js";

export type Observe = (happening: Happening) => void;

/**
 * Who is told of what happens: whoever observes the engine, and those who are subscribed to how runs go on. `observe` is null
 * while there is nobody, so that nothing is made for nobody: it is to be read each time.
 */
export class Observers {
  observe: Observe | null;

  constructor(
    given: Observe | null,
    hub: Hub,
    readonly now: () => number,
  ) {
    this.observe = given;
    const both: Observe = (happening) => {
      given?.(happening);
      tellSubscribers(hub, happening);
    };
    hub.onRunsWatched = (watched) => void (this.observe = watched ? both : given);
  }

  /** Something was merged, skipped or could not be done, and no journal shows it. */
  readonly notice = (code: string, message: string, runId?: string): void => {
    this.observe?.({ kind: "notice", at: this.now(), code, message, ...(runId !== undefined && { runId }) });
  };
}

/** On the channel with the run's id: `{ status, … }` of the run on `$run`, `{ step, status, … }` of its steps on `$step`. */
function tellSubscribers(hub: Hub, happening: Happening): void {
  switch (happening.kind) {
    case "run-started":
      return tell(hub, happening, "run", { status: "running" });
    case "run-ended": {
      const { status, output } = happening;
      return tell(hub, happening, "run", { status }, status === "completed" ? "result" : "error", output);
    }
    case "step-completed":
      return tell(hub, happening, "step", { step: happening.stepKey, status: "completed" }, "result", happening.output);
    case "step-failed":
      return tell(hub, happening, "step", { step: happening.stepKey, status: "failed" }, "error", happening.output);
    case "step-retrying":
    case "step-waiting":
      return tell(hub, happening, "step", { step: happening.stepKey, status: happening.kind.slice("step-".length) });
  }
}

function tell(
  hub: Hub,
  { runId, functionId }: { readonly runId: string; readonly functionId: string },
  kind: "run" | "step",
  about: object,
  name = "result",
  output: string | null = null,
): void {
  const topic = kind === "run" ? runTopic : stepTopic;
  const place: Omit<Message, "data"> = { kind, channel: runId, topic, runId, functionId };
  const bytes = output === null ? 0 : Buffer.byteLength(output);
  // Room for what stands beside it. Where it is too large for a message, the message says so.
  const fits = bytes <= maxMessageBytes - 4_096;
  const head = JSON.stringify(fits ? about : { ...about, omittedBytes: bytes });
  const data = output !== null && fits ? `${head.slice(0, -1)},"${name}":${output}}` : head;
  hub.publish({ ...place, data });
}
