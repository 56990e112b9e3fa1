import { createHash } from "node:crypto";
import { ts } from "ts-morph";
import { symbolOf } from "../1-source/evaluate/evaluate-name.js";
import type { Evaluation } from "../1-source/evaluate/evaluation.js";
import { normaliseCode } from "./normalised-code.js";
import type { Reading } from "./reading.js";
import {
  environmentFrom,
  environmentObjectAt,
  readOfField,
  readsOf,
  readThroughHelper,
  type EnvironmentNode,
} from "./readers/environment-reads.js";

/** The code of one piece, and the declarations of the project that it names. */
interface Piece {
  readonly text: string;
  readonly names: readonly ts.Node[];
  /** Variables of the environment that it reads itself. */
  readonly environment: readonly EnvironmentNode[];
}

/**
 * Hashes code together with all of the project's code that it can reach by name: helpers, constants, classes. What
 * packages do does not count, nor does what an object that is passed in does. Each declaration is printed once.
 */
export class ReachableCode {
  readonly #pieces = new Map<ts.Node, Piece>();
  /** Callbacks of steps: whether a completed step's body is another one decides nothing about which steps follow. */
  readonly #bodies = new Set<ts.Node>();

  constructor(
    private readonly evaluation: Evaluation,
    /** What is defined, and not executed where it is named. */
    private readonly definitions: Pick<Reading, "functionsAt" | "clientAt">,
  ) {}

  noteBody(callback: ts.Node): void {
    this.#bodies.add(callback);
  }

  /** Of pieces that are executed one after the other. Bodies of steps in them are left out, but not a body that is asked for. */
  hash(nodes: readonly ts.Node[]): string {
    const seen = new Set<ts.Node>(nodes);
    const found = createHash("sha256");
    // Grows while it is walked through.
    for (const node of seen) {
      const piece = this.#piece(node);
      found.update(piece.text).update("\n");
      for (const declaration of piece.names) if (!isInside(declaration, nodes)) seen.add(declaration);
    }
    return found.digest("hex");
  }

  /** The variables of the environment that these pieces, and all that they can reach, read. */
  environment(nodes: readonly ts.Node[]): readonly EnvironmentNode[] {
    const seen = new Set<ts.Node>(nodes);
    const found = new Map<ts.Node, EnvironmentNode>();
    for (const node of seen) {
      const piece = this.#piece(node);
      for (const read of piece.environment) found.set(read.node, read);
      for (const declaration of piece.names) {
        // What is read of it counts, not what its schema could give.
        if (!environmentObjectAt(declaration)) seen.add(declaration);
      }
    }
    return [...found.values()];
  }

  #piece(node: ts.Node): Piece {
    let piece = this.#pieces.get(node);
    if (!piece) this.#pieces.set(node, (piece = this.#read(node)));
    return piece;
  }

  #read(root: ts.Node): Piece {
    const names = new Set<ts.Node>();
    const environment: EnvironmentNode[] = [];
    const text = normaliseCode(root, (node) => {
      if (node !== root && this.#bodies.has(node)) return "leave";
      const variables = environmentFrom(node);
      if (variables) environment.push(...readsOf(variables));
      else if (ts.isIdentifier(node) && mayName(node)) {
        const declaration = this.#declarationOf(node);
        if (declaration) {
          const object = environmentObjectAt(declaration);
          environment.push(...(object ? readOfField(object, node) : readThroughHelper(declaration, node)));
          if (!isInside(declaration, [root])) names.add(declaration);
        }
      }
      return "take";
    });
    return { text, names: [...names], environment };
  }

  /** What the name stands for, as the largest piece of the project's code that makes nothing else. */
  #declarationOf(node: ts.Identifier): ts.Node | null {
    const { evaluation } = this;
    let symbol = symbolOf(evaluation, node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = evaluation.checker.getAliasedSymbol(symbol);
    let declaration: ts.Node | undefined = symbol?.valueDeclaration;
    if (!declaration || !evaluation.isProjectFile(declaration.getSourceFile())) return null;
    while (ts.isBindingElement(declaration)) declaration = declaration.parent.parent;
    if (ts.isVariableDeclaration(declaration)) return this.#isDefinition(declaration) ? null : declaration;
    const isCode =
      ts.isFunctionDeclaration(declaration) || ts.isClassDeclaration(declaration) || ts.isEnumDeclaration(declaration);
    return isCode || ts.isExportAssignment(declaration) ? declaration : null;
  }

  /** Another function, or the client: they are named, not executed. */
  #isDefinition({ initializer }: ts.VariableDeclaration): boolean {
    return (
      initializer !== undefined &&
      (this.definitions.functionsAt.has(initializer) || this.definitions.clientAt.has(initializer))
    );
  }
}

/** Not the name of a property, nor the one that a declaration gives. */
function mayName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.name !== node;
  return !ts.isBindingElement(parent) || parent.initializer === node;
}

function isInside(node: ts.Node, pieces: readonly ts.Node[]): boolean {
  return pieces.some(
    (piece) => node.pos >= piece.pos && node.end <= piece.end && node.getSourceFile() === piece.getSourceFile(),
  );
}
