import { StepError } from "../../define/errors.js";
import type { LifecycleKind } from "../load-application.js";

/** What a lifecycle handler gets besides its event, read from it. */
export function readLifecycleContext(kind: LifecycleKind, event: unknown): Readonly<Record<string, unknown>> {
  // Made by the runtime itself.
  const data = (event as { data?: Readonly<Record<string, unknown>> } | null)?.data;
  switch (kind) {
    case "failure":
      return { error: new StepError("", data?.["error"]) };
    case "cancel":
      return { reason: data?.["reason"] };
    case "complete":
      return { result: data?.["result"] };
  }
}
