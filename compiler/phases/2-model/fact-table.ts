import type { ts } from "ts-morph";
import type { Freshness } from "../1-source/freshness.js";

/** Facts of one kind, by the node that they are about; they are given back only while their file is fresh. */
export class FactTable<Fact> {
  private readonly facts = new WeakMap<ts.Node, { readonly generation: number; readonly fact: Fact }>();

  constructor(private readonly freshness: Freshness) {}

  get(node: ts.Node): Fact | undefined {
    const known = this.facts.get(node);
    return known && this.freshness.isFresh(node.getSourceFile(), known.generation) ? known.fact : undefined;
  }

  set(node: ts.Node, fact: Fact): void {
    this.facts.set(node, { generation: this.freshness.generation, fact });
  }
}
