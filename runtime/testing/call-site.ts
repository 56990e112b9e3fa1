import { fileURLToPath } from "node:url";
import type { Location, StepNode } from "../manifest/manifest.js";

/** Deep enough to get out of the step tools and of middleware. */
const framesToRead = 30;
const ownRoot = new URL("..", import.meta.url).href;
const framePattern = /\(?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/** Where the code outside of this package is that called this; null where the stack does not tell. */
export function findCallSite(): Location | null {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = framesToRead;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = before;
  for (const line of stack.split("\n").slice(1)) {
    const [, place = "", row, column] = framePattern.exec(line.trim()) ?? [];
    if (row === undefined || place.includes("/node_modules/")) continue;
    const file = place.startsWith("file://") ? fileURLToPath(place.replace(/\?.*$/, "")) : place;
    if (file.startsWith(fileURLToPath(ownRoot)) && !/\.test\.[jt]s$/.test(file)) continue;
    return { file, line: Number(row), column: Number(column) };
  }
  return null;
}

/** Where the build has found the step of that id; null for a computed id, or without a build. */
export function findStepLocation(nodes: readonly StepNode[], id: string): Location | null {
  for (const node of nodes) {
    if (node.kind !== "step") {
      const inside = findStepLocation(node.children, id);
      if (inside) return inside;
    } else if (node.id === id) return node.location;
  }
  return null;
}
