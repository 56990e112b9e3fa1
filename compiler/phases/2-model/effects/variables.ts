import { ts } from "ts-morph";
import { symbolOf } from "../../1-source/evaluate/evaluate-name.js";
import type { Evaluation } from "../../1-source/evaluate/evaluation.js";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import { isLogging, isPropertyName, rootOf } from "./code-forms.js";
import { clean, join, ofField, type Taint } from "./taint.js";

/** What the variables of the functions that are walked hold at this moment. */
export class Variables {
  private readonly values = new Map<ts.Node, Taint>();
  /** Names of all that are not clean, to look up no others. */
  private readonly names = new Set<string>();

  constructor(private readonly evaluation: Evaluation) {}

  /** Whether a variable of that name may not be clean. */
  mayHold(name: string): boolean {
    return this.names.has(name);
  }

  declarationOf(node: ts.Identifier): ts.Node | undefined {
    return symbolOf(this.evaluation, node)?.valueDeclaration;
  }

  get(declaration: ts.Node): Taint | undefined {
    return this.values.get(declaration);
  }

  bind(name: ts.BindingName, taint: Taint): void {
    if (ts.isIdentifier(name)) {
      this.values.set(name.parent, taint);
      if (taint.length > 0) this.names.add(name.text);
    } else {
      for (const element of name.elements) {
        if (!ts.isBindingElement(element)) continue;
        const property = element.propertyName ?? element.name;
        const isField = ts.isObjectBindingPattern(name) && !element.dotDotDotToken;
        this.bind(element.name, isField ? ofField(taint, property.getText()) : taint);
      }
    }
  }

  /** `replaces`: nothing of what the variable held is left. */
  assign(target: ts.Expression, replaces: boolean, taint: Taint): void {
    const root = rootOf(target);
    if (!root || (taint.length === 0 && !this.names.has(root.text))) return;
    const declaration = this.declarationOf(root);
    if (!declaration) return;
    const whole = replaces && root === target;
    this.values.set(declaration, whole ? taint : join(this.values.get(declaration) ?? clean, taint));
    if (taint.length > 0) this.names.add(root.text);
  }

  /** What a step's callback takes from outside; what it only logs does not count. */
  captured(callback: FunctionNode): Taint {
    let taint = clean;
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isLogging(node)) return;
      if (ts.isIdentifier(node) && this.names.has(node.text) && !isPropertyName(node)) {
        const declaration = this.declarationOf(node);
        const value = declaration && this.values.get(declaration);
        if (value) taint = join(taint, value);
      }
      ts.forEachChild(node, visit);
    };
    if (this.names.size > 0) visit(callback.body);
    return taint;
  }
}
