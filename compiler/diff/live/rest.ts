import type { StepNode } from "../../../runtime/manifest/manifest.js";

export type GraphStep = Extract<StepNode, { kind: "step" }>;

/** What a handler may still ask for from one position on. Equal ones are the same object, so positions are a set. */
export type Rest = { readonly id: number } & (
  | { readonly kind: "end" }
  /** `loose`: it may be left out, as in a loop, which can be left anywhere. */
  | { readonly kind: "step"; readonly step: GraphStep; readonly loose: boolean }
  | { readonly kind: "sequence"; readonly head: Rest; readonly tail: Rest }
  /** All at the same time; it is over when all are. */
  | { readonly kind: "all"; readonly parts: readonly Rest[] }
  /** It is over when one is. */
  | { readonly kind: "first"; readonly parts: readonly Rest[] }
  /** Nobody waits for `part`. */
  | { readonly kind: "apart"; readonly part: Rest; readonly rest: Rest }
  /** One of the arms, or none. `known`: the code that decides is the same as before. */
  | { readonly kind: "choice"; readonly arms: readonly Rest[]; readonly known: boolean }
  | { readonly kind: "repeat"; readonly turn: Rest; readonly known: boolean; readonly concurrent: boolean }
);

/** Makes the rests of one graph. */
export class Rests {
  readonly #known = new Map<string, Rest>();
  readonly #steps = new Map<GraphStep, number>();
  readonly end: Rest = { id: 0, kind: "end" };

  /** @param isKnown whether the code that leads to a step, and past it, is the same as before */
  constructor(readonly isKnown: (step: GraphStep) => boolean) {}

  ofGraph(nodes: readonly StepNode[], loose = false): Rest {
    return nodes.reduceRight<Rest>((tail, node) => {
      const head = this.#ofNode(node, loose);
      const isApart = node.kind === "step" && node.reached === "apart";
      return isApart ? this.apart(head, tail) : this.sequence(head, tail);
    }, this.end);
  }

  #ofNode(node: StepNode, loose: boolean): Rest {
    switch (node.kind) {
      case "step":
        return this.#step(node, loose || node.reached === "maybe");
      case "sequence":
        return this.ofGraph(node.children, loose);
      case "parallel":
        return this.all(node.children.map((child) => this.ofGraph([child], loose)));
      case "race":
        return this.first(node.children.map((child) => this.ofGraph([child], loose)));
      case "branch": {
        const arms = node.children.map((child) => this.ofGraph([child], loose));
        const known = this.#isKnownGroup(node);
        return this.#make(`choice ${known} ${listIds(arms)}`, (id) => ({ id, kind: "choice", arms, known }));
      }
      case "loop": {
        const turn = this.ofGraph(node.children, true);
        const known = this.#isKnownGroup(node);
        const concurrent = node.concurrent === true;
        const key = `repeat ${known} ${concurrent} ${turn.id}`;
        return this.#make(key, (id) => ({ id, kind: "repeat", turn, known, concurrent }));
      }
    }
  }

  #step(step: GraphStep, loose: boolean): Rest {
    let number = this.#steps.get(step);
    if (number === undefined) this.#steps.set(step, (number = this.#steps.size));
    return this.#make(`step ${number} ${loose}`, (id) => ({ id, kind: "step", step, loose }));
  }

  sequence(head: Rest, tail: Rest): Rest {
    if (head.kind === "end") return tail;
    if (tail.kind === "end") return head;
    return this.#make(`sequence ${head.id} ${tail.id}`, (id) => ({ id, kind: "sequence", head, tail }));
  }

  all(parts: readonly Rest[]): Rest {
    const left = parts.filter(({ kind }) => kind !== "end");
    const [only] = left;
    if (only === undefined) return this.end;
    if (left.length === 1) return only;
    return this.#make(`all ${listIds(left)}`, (id) => ({ id, kind: "all", parts: left }));
  }

  first(parts: readonly Rest[]): Rest {
    if (parts.every(({ kind }) => kind === "end")) return this.end;
    return this.#make(`first ${listIds(parts)}`, (id) => ({ id, kind: "first", parts }));
  }

  apart(part: Rest, rest: Rest): Rest {
    if (part.kind === "end") return rest;
    return this.#make(`apart ${part.id} ${rest.id}`, (id) => ({ id, kind: "apart", part, rest }));
  }

  /** Whether which of its steps are asked for is the same as before. What nobody waits for decides elsewhere. */
  #isKnownGroup(node: StepNode): boolean {
    return listSteps(node).every((step) => step.reached !== "apart" && this.isKnown(step));
  }

  #make(key: string, make: (id: number) => Rest): Rest {
    let rest = this.#known.get(key);
    if (!rest) this.#known.set(key, (rest = make(this.#known.size + 1)));
    return rest;
  }
}

export function listSteps(node: StepNode): GraphStep[] {
  return node.kind === "step" ? [node] : node.children.flatMap(listSteps);
}

function listIds(rests: readonly Rest[]): string {
  return rests.map(({ id }) => id).join(",");
}
