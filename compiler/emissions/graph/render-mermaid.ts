import type { Graph, GraphNode } from "./graph.js";

/** The shape of each kind, as Mermaid's flowcharts bracket them: https://mermaid.js.org/syntax/flowchart.html */
const shapes: Readonly<Record<GraphNode["kind"], readonly [string, string]>> = {
  step: ["[", "]"],
  wait: ["[/", "/]"],
  event: ["([", "])"],
  schedule: ["[[", "]]"],
  function: ["[", "]"],
  outside: [">", "]"],
  junction: ["{", "}"],
  end: ["((", "))"],
};

/** A Mermaid flowchart, which GitHub, GitLab and many editors draw. The same graph gives the same text. */
export function renderMermaid(graph: Graph): string {
  const ids = new Map(graph.nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = [
    "---",
    `title: ${JSON.stringify(graph.title)}`,
    "---",
    `flowchart ${graph.direction === "down" ? "TD" : "LR"}`,
    ...graph.nodes.map((node) => {
      const [open, close] = shapes[node.kind];
      return `  ${ids.get(node.id)}${open}${quote(node.lines)}${close}`;
    }),
    ...graph.edges.map(({ from, to, label, dashed }) => {
      const arrow = dashed ? "-.->" : "-->";
      return `  ${ids.get(from)} ${arrow}${label === undefined ? "" : `|${quote([label])}|`} ${ids.get(to)}`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

/** In quotes only `"` ends a text, and `#` begins an entity; a tag would be taken for HTML. */
function quote(lines: readonly string[]): string {
  const escaped = lines.map((line) => line.replace(/[#"<>&]/g, (character) => `#${character.codePointAt(0)};`));
  return `"${escaped.join("<br/>")}"`;
}
