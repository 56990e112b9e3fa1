import type { ts } from "ts-morph";
import type { HazardReach } from "../model.js";
import type { Origin, Taint } from "./taint.js";

/** Collects what each value that changes comes to. */
export class Hazards {
  private readonly byEntry = new Map<
    ts.Node,
    { readonly origin: Origin; readonly reaches: Map<string, HazardReach> }
  >();

  /** `within`: the step's call, when a value that is made in its arguments goes no further. */
  reach(
    taint: Taint,
    clock: number,
    { as, span, tool }: Pick<HazardReach, "as" | "span" | "tool">,
    within: ts.Node | null,
  ): void {
    for (const origin of taint) {
      if (origin.kind === "parameter") continue;
      let known = this.byEntry.get(origin.entry);
      if (!known) this.byEntry.set(origin.entry, (known = { origin, reaches: new Map() }));
      const key = `${as} ${span.file} ${span.start}`;
      const before = known.reaches.get(key);
      const inline = within !== null && isInside(origin.entry, within);
      known.reaches.set(key, {
        as,
        span,
        tool,
        afterStep: clock > origin.clock || before?.afterStep === true,
        inline: inline && before?.inline !== false,
      });
    }
  }

  list(): { readonly origin: Origin; readonly reaches: readonly HazardReach[] }[] {
    return [...this.byEntry.values()].map(({ origin, reaches }) => ({ origin, reaches: [...reaches.values()] }));
  }
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
}
