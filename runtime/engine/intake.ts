/** What starts runs from outside: events, invocations, and requests that an application has got itself. */
import { commitPlan } from "./commit-plan.js";
import type { Committer } from "./committer.js";
import { type AdoptedRequest, RuntimeError } from "./engine.js";
import type { Planner } from "./planner.js";

export interface IntakeServices {
  readonly planner: Planner;
  readonly committer: Committer;
  stopped(): boolean;
}

export class Intake {
  constructor(readonly services: IntakeServices) {}

  /** As `Engine.send`. */
  async send(events: readonly unknown[]): Promise<{ ids: string[] }> {
    this.#refuseWhenStopped("send");
    const plan = await this.services.planner.planEvents(events);
    await commitPlan(this.services.committer, plan);
    return plan.answer;
  }

  /** As `Engine.invoke`. */
  async invoke(functionId: string, data: unknown): Promise<{ runId: string; eventId: string }> {
    this.#refuseWhenStopped("invoke");
    const plan = await this.services.planner.planInvoke(functionId, data, null);
    await commitPlan(this.services.committer, plan);
    return plan.answer;
  }

  /** As `Engine.adopt`. */
  async adopt(request: AdoptedRequest): Promise<{ eventId: string }> {
    this.#refuseWhenStopped("begin");
    const plan = this.services.planner.planAdoption(request);
    const outcome = await commitPlan(this.services.committer, plan);
    if (outcome.ok) return plan.answer;
    const message = `there is a run \`${request.runId}\` already`;
    throw new RuntimeError("run-exists", message, "begin each request with a run id of its own");
  }

  #refuseWhenStopped(what: string): void {
    if (!this.services.stopped()) return;
    throw new RuntimeError("stopping", "the runtime is stopping", `${what} again when it is back`);
  }
}
