import { ts } from "ts-morph";

/**
 * Where a file may say `import … with { type: "json" }`: everywhere, nowhere, or only where it is an ES module. TypeScript refuses the
 * attribute in what becomes a CommonJS module (TS2856) or has no such syntax (TS2823), and asks for it elsewhere (TS1543).
 */
export type ImportAttributes = "always" | "never" | "modules";

export function importAttributesOf({ module = ts.ModuleKind.ESNext }: ts.CompilerOptions): ImportAttributes {
  switch (module) {
    case ts.ModuleKind.ESNext:
    case ts.ModuleKind.Preserve:
      return "always";
    case ts.ModuleKind.Node18:
    case ts.ModuleKind.Node20:
    case ts.ModuleKind.NodeNext:
      return "modules";
    default:
      return "never";
  }
}
