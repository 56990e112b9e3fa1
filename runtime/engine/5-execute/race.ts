import type { StepScope } from "../../transport/step-op.js";

/** A branch of a race in one execution. */
export class RaceScope implements StepScope {
  lost = false;

  constructor(
    readonly name: string,
    readonly parent: StepScope | null,
  ) {}
}

/** Whether the code there has lost a race, or is part of what has. */
export function hasLost(scope: StepScope | undefined): boolean {
  for (let each: StepScope | null = scope ?? null; each; each = each.parent) if (each.lost) return true;
  return false;
}
