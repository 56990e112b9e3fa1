/** What a picture shows, before it is one: boxes and arrows, in the order of the manifest. */
export interface Graph {
  readonly title: string;
  /** `down` for what happens one after the other, `right` for who tells whom. */
  readonly direction: "down" | "right";
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  /** Unique in the graph. */
  readonly id: string;
  /** `junction`: where ways meet or part. `end`: the run is over. */
  readonly kind: "step" | "wait" | "event" | "schedule" | "function" | "outside" | "junction" | "end";
  /** Lines of plain text; the first says what it is. */
  readonly lines: readonly string[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** Not the main way: a wait, a cancellation, the way around a step. */
  readonly dashed?: true;
}

/** Collects nodes and edges. The same edge is drawn once; the same node, too. */
export class GraphBuilder {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, GraphEdge>();

  add(node: GraphNode): string {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
    return node.id;
  }

  connect(edge: GraphEdge): void {
    this.#edges.set(JSON.stringify([edge.from, edge.to, edge.label ?? "", edge.dashed ?? false]), edge);
  }

  build(title: string, direction: Graph["direction"]): Graph {
    return { title, direction, nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] };
  }
}
