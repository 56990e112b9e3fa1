import { Graph as Layout, layout } from "@dagrejs/dagre";

import type { Graph, GraphEdge, GraphNode } from "./graph.js";

/** In pixels. The width of a letter is what it is on average in the sans-serif fonts of today's systems, at 13 px. */
const letter = 7.2;
const line = 18;
const margin = 24;
const gap = { nodesep: 28, ranksep: 44, edgesep: 16 };

interface Box {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Arrow {
  readonly edge: GraphEdge;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly x: number;
  readonly y: number;
}

/**
 * The graph as an SVG picture, light or dark as the reader's system is. It loads nothing and runs nothing, so it can stand in a page,
 * a README or a mail.
 */
export function renderSvg(graph: Graph): string {
  const { boxes, arrows, width, height } = arrange(graph);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escape(graph.title)}</title>`,
    style,
    arrowHead,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...arrows.map(drawArrow),
    ...boxes.map(drawBox),
    "</svg>",
  ].join("\n")}\n`;
}

function arrange(graph: Graph): { boxes: Box[]; arrows: Arrow[]; width: number; height: number } {
  const plan = new Layout({ multigraph: true });
  plan.setGraph({ rankdir: graph.direction === "down" ? "TB" : "LR", marginx: margin, marginy: margin, ...gap });
  for (const node of graph.nodes) plan.setNode(node.id, sizeOf(node));
  graph.edges.forEach((edge, index) => {
    const label = edge.label === undefined ? {} : { width: edge.label.length * letter, height: line, labelpos: "c" };
    plan.setEdge(edge.from, edge.to, label, String(index));
  });
  layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  const boxes = graph.nodes.map((node): Box => ({ node, ...placed(plan.node(node.id)) }));
  const arrows = graph.edges.map((edge, index): Arrow => {
    const { points = [], x = 0, y = 0 } = plan.edge(edge.from, edge.to, String(index));
    return { edge, points, x, y };
  });
  return { boxes, arrows, width: Math.ceil(width), height: Math.ceil(height) };
}

function placed({ x, y, width, height }: { x?: number; y?: number; width: number; height: number }): Omit<Box, "node"> {
  return { x: x ?? 0, y: y ?? 0, width, height };
}

function sizeOf({ lines, kind }: GraphNode): { width: number; height: number } {
  const longest = Math.max(...lines.map(({ length }) => length));
  const room = kind === "junction" ? 16 : 32;
  return { width: Math.ceil(longest * letter) + room, height: lines.length * line + (kind === "junction" ? 8 : 16) };
}

function drawBox({ node, x, y, width, height }: Box): string {
  const corner = { event: height / 2, junction: height / 2, end: height / 2, step: 4, function: 4, outside: 0 };
  const radius = node.kind in corner ? corner[node.kind as keyof typeof corner] : 4;
  const first = y - ((node.lines.length - 1) * line) / 2;
  const texts = node.lines.map(
    (text, index) =>
      `<text x="${short(x)}" y="${short(first + index * line)}"${index === 0 ? "" : ' class="detail"'}>${escape(text)}</text>`,
  );
  const rectangle = `<rect x="${short(x - width / 2)}" y="${short(y - height / 2)}" width="${width}" height="${height}" rx="${radius}"/>`;
  return `<g class="${node.kind}">${rectangle}${texts.join("")}</g>`;
}

function drawArrow({ edge, points, x, y }: Arrow): string {
  const path = points.map((point, index) => `${index === 0 ? "M" : "L"}${short(point.x)} ${short(point.y)}`).join("");
  const line = `<path class="${edge.dashed ? "arrow dashed" : "arrow"}" d="${path}" marker-end="url(#head)"/>`;
  if (edge.label === undefined) return line;
  return `${line}<text class="label" x="${short(x)}" y="${short(y)}">${escape(edge.label)}</text>`;
}

const short = (value: number): number => Math.round(value * 10) / 10;

/** For text and attributes of XML: https://www.w3.org/TR/xml/#syntax; what XML has no room for at all is left out. */
function escape(text: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return clean.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `<style>
svg { font: 13px system-ui, sans-serif; --ground: #fff; --ink: #1b1f24; --soft: #59636e; --line: #818b98; --box: #f6f8fa; --event: #ddf4ff; --wait: #fff8c5; --time: #fbefff; }
@media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #7d8590; --box: #161b22; --event: #0c2d4d; --wait: #3b2e00; --time: #2b1a47; } }
.ground { fill: var(--ground); }
text { fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
.detail, .label { fill: var(--soft); font-size: 12px; }
.label { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
g rect { fill: var(--box); stroke: var(--line); }
.event rect { fill: var(--event); }
.wait rect { fill: var(--wait); }
.schedule rect { fill: var(--time); }
.outside rect { stroke-dasharray: 4 3; }
.arrow { fill: none; stroke: var(--line); stroke-width: 1.4; }
.dashed { stroke-dasharray: 5 4; }
#head path { fill: var(--line); }
</style>`;

const arrowHead = `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>`;
