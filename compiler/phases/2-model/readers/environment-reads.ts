import { ts } from "ts-morph";
import { endOf } from "../effects/code-forms.js";

/**
 * How a piece of code copes when the variable is not set. `demanded`: it throws by itself. `default`: it has another value.
 * `tested`: it asks first. `asserted`: it takes it for a string (`!`, `as string`, a template). `plain`: it hands it on.
 */
export type EnvironmentNeed = "demanded" | "default" | "tested" | "asserted" | "plain";

/** One read of one variable of the environment. */
export interface EnvironmentNode {
  readonly name: string;
  readonly need: EnvironmentNeed;
  /** The value that takes its place, where it is a constant. */
  readonly fallback: string | null;
  readonly node: ts.Node;
}

/** What `object`, which is `process.env` or another name for it, is asked for. */
export function readsOf(object: ts.Expression): readonly EnvironmentNode[] {
  const { parent } = object;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === object) {
    return [{ name: parent.name.text, ...needOf(parent), node: parent }];
  }
  if (ts.isElementAccessExpression(parent) && parent.expression === object) {
    const key = parent.argumentExpression;
    return ts.isStringLiteralLike(key) ? [{ name: key.text, ...needOf(parent), node: parent }] : [];
  }
  if (!ts.isVariableDeclaration(parent) || !ts.isObjectBindingPattern(parent.name)) return [];
  return parent.name.elements.flatMap((element) => {
    const key = element.propertyName ?? element.name;
    if (element.dotDotDotToken || !(ts.isIdentifier(key) || ts.isStringLiteral(key))) return [];
    const need = element.initializer
      ? fallbackTo(element.initializer)
      : ({ need: ts.isIdentifier(element.name) ? needOfVariable(element.name) : "plain", fallback: null } as const);
    return [{ name: key.text, ...need, node: element }];
  });
}

/** `process.env`, `import.meta.env`, `Bun.env`, found from its first word. */
export function environmentFrom(word: ts.Node): ts.PropertyAccessExpression | null {
  const { parent } = word;
  const isRoot = ts.isMetaProperty(word) || (ts.isIdentifier(word) && (word.text === "process" || word.text === "Bun"));
  return isRoot && ts.isPropertyAccessExpression(parent) && parent.expression === word && parent.name.text === "env"
    ? parent
    : null;
}

/** A variable that holds the environment, or what a schema has made of it. */
export interface EnvironmentObject {
  /** The fields of the schema: their validators by name; null for the environment itself. */
  readonly fields: ReadonlyMap<string, ts.Expression> | null;
}

const objects = new WeakMap<ts.Node, EnvironmentObject | null>();

/**
 * `const env = process.env`, `const env = z.object({ … }).parse(process.env)`, `const env = createEnv({ server: { … } })`; null
 * for any other declaration.
 */
export function environmentObjectAt(declaration: ts.Node): EnvironmentObject | null {
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) return null;
  let found = objects.get(declaration);
  if (found === undefined) objects.set(declaration, (found = readObject(declaration.initializer)));
  return found;
}

/** One field of such an object that is read: by the schema's word. */
export function readOfField(object: EnvironmentObject, use: ts.Identifier): readonly EnvironmentNode[] {
  if (!object.fields) return readsOf(use);
  return readsOf(use).flatMap(({ name, node }): EnvironmentNode[] => {
    const validator = object.fields?.get(name);
    if (!validator) return [];
    const text = validator.getText();
    const preset = /\.(?:default|catch|prefault)\(\s*(?:"([^"]*)"|'([^']*)'|([\w.]+))?/.exec(text);
    if (preset) return [{ name, need: "default", fallback: preset[1] ?? preset[2] ?? preset[3] ?? null, node }];
    return [
      { name, need: /\.(?:optional|nullish)\(|\boptional\(/.test(text) ? "tested" : "demanded", fallback: null, node },
    ];
  });
}

/** `requireEnv("STRIPE_KEY")`: a call of a helper that reads the variable with the name that it is given. */
export function readThroughHelper(declaration: ts.Node, use: ts.Identifier): readonly EnvironmentNode[] {
  const call = use.parent;
  if (!ts.isCallExpression(call) || call.expression !== use) return [];
  const [name, second] = call.arguments;
  if (!name || !ts.isStringLiteralLike(name)) return [];
  const need = needInHelper(declaration);
  if (!need) return [];
  if (second && need !== "demanded") return [{ name: name.text, ...fallbackTo(second), node: call }];
  return [{ name: name.text, need, fallback: null, node: call }];
}

const helpers = new WeakMap<ts.Node, EnvironmentNeed | null>();

/** Null for a function that does not read `process.env[name]` with its first parameter. */
function needInHelper(declaration: ts.Node): EnvironmentNeed | null {
  let need = helpers.get(declaration);
  if (need !== undefined) return need;
  need = null;
  const node = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
  if (node && (ts.isFunctionDeclaration(node) || ts.isArrowFunction(node) || ts.isFunctionExpression(node))) {
    const first = node.parameters[0]?.name.getText();
    let throws = false;
    const visit = (inner: ts.Node): void => {
      if (ts.isThrowStatement(inner)) throws = true;
      if (ts.isElementAccessExpression(inner) && inner.argumentExpression.getText() === first) {
        if (/^(?:process|import\.meta|Bun)\.env$/.test(inner.expression.getText())) need = needOf(inner).need;
      }
      ts.forEachChild(inner, visit);
    };
    if (first !== undefined && node.body) visit(node.body);
    if (need !== null && throws) need = "demanded";
  }
  helpers.set(declaration, need);
  return need;
}

function readObject(initializer: ts.Expression): EnvironmentObject | null {
  if (/^(?:process|import\.meta|Bun)\.env$/.test(initializer.getText())) return { fields: null };
  if (!ts.isCallExpression(initializer)) return null;
  const { expression, arguments: given } = initializer;
  if (ts.isPropertyAccessExpression(expression) && /^(?:parse|parseSync|safeParse)$/.test(expression.name.text)) {
    if (!given.some((argument) => /^(?:process|import\.meta|Bun)\.env$/.test(argument.getText()))) return null;
    const schema = objectIn(expression.expression);
    return schema && { fields: fieldsOf(schema) };
  }
  const [options] = given;
  const isMaker = ts.isIdentifier(expression) && expression.text === "createEnv";
  if (!isMaker || !options || !ts.isObjectLiteralExpression(options)) return null;
  const fields = new Map<string, ts.Expression>();
  for (const property of options.properties) {
    if (!ts.isPropertyAssignment(property) || !/^(?:server|client|shared)$/.test(property.name.getText())) continue;
    if (ts.isObjectLiteralExpression(property.initializer)) {
      for (const [name, validator] of fieldsOf(property.initializer)) fields.set(name, validator);
    }
  }
  return { fields };
}

/** The first object literal in `z.object({ … })`, also through a variable of the same file. */
function objectIn(schema: ts.Expression): ts.ObjectLiteralExpression | null {
  if (ts.isCallExpression(schema)) {
    const literal = schema.arguments.find(ts.isObjectLiteralExpression);
    return literal ?? objectIn(schema.expression);
  }
  if (ts.isPropertyAccessExpression(schema)) return objectIn(schema.expression);
  if (!ts.isIdentifier(schema)) return null;
  for (const statement of schema.getSourceFile().statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer && ts.isIdentifier(name) && name.text === schema.text && ts.isCallExpression(initializer)) {
        return objectIn(initializer);
      }
    }
  }
  return null;
}

function fieldsOf(literal: ts.ObjectLiteralExpression): Map<string, ts.Expression> {
  const fields = new Map<string, ts.Expression>();
  for (const property of literal.properties) {
    if (!ts.isPropertyAssignment(property)) continue;
    const { name } = property;
    if (ts.isIdentifier(name) || ts.isStringLiteral(name)) fields.set(name.text, property.initializer);
  }
  return fields;
}

function needOf(access: ts.Expression): Pick<EnvironmentNode, "need" | "fallback"> {
  const found = needInPlace(access);
  return found.need === "asserted" && isUnderCondition(access) ? { need: "plain", fallback: null } : found;
}

function needInPlace(access: ts.Expression): Pick<EnvironmentNode, "need" | "fallback"> {
  const because = (need: EnvironmentNeed) => ({ need, fallback: null });
  const { parent } = access;
  if (ts.isNonNullExpression(parent)) return because("asserted");
  if (ts.isAsExpression(parent))
    return because(/undefined|any|unknown/.test(parent.type.getText()) ? "plain" : "asserted");
  if (ts.isParenthesizedExpression(parent) || ts.isSatisfiesExpression(parent)) return needInPlace(parent);
  if (ts.isTemplateSpan(parent)) return because("asserted");
  if (ts.isPropertyAccessExpression(parent)) return because(parent.questionDotToken ? "tested" : "asserted");
  if (ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken) {
    return because(throwsIf(parent) ? "demanded" : "tested");
  }
  if (ts.isCallExpression(parent) && parent.arguments[0] === access) {
    return because(/(?:^|\.)(?:assert|invariant|ok)$/.test(parent.expression.getText()) ? "demanded" : "plain");
  }
  if (ts.isBinaryExpression(parent)) {
    const { left, right } = parent;
    switch (parent.operatorToken.kind) {
      case ts.SyntaxKind.QuestionQuestionToken:
      case ts.SyntaxKind.BarBarToken:
        return left === access ? fallbackTo(right) : because("plain");
      case ts.SyntaxKind.EqualsToken:
        return because(left === access ? "tested" : "plain");
      case ts.SyntaxKind.PlusToken:
        return because("asserted");
      case ts.SyntaxKind.CommaToken:
        return because("plain");
      default:
        return because(throwsIf(parent) && isNothing(right) ? "demanded" : "tested");
    }
  }
  const isCondition =
    (ts.isIfStatement(parent) && parent.expression === access) ||
    (ts.isConditionalExpression(parent) && parent.condition === access);
  if (isCondition) return because("tested");
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return because(needOfVariable(parent.name));
  return because("plain");
}

/** `const key = process.env.KEY; if (!key) throw …` */
function needOfVariable(name: ts.Identifier): EnvironmentNeed {
  let block: ts.Node = name;
  while (!ts.isBlock(block) && !ts.isSourceFile(block)) block = block.parent;
  for (const statement of block.statements) {
    if (!ts.isIfStatement(statement)) continue;
    const asks = new RegExp(
      `^!${name.text}$|(?:^!|\\|\\|\\s*!)${name.text}\\b|^${name.text} ===? (?:undefined|null|"")$`,
    );
    if (asks.test(statement.expression.getText()))
      return endOf(statement.thenStatement) === "throw" ? "demanded" : "tested";
  }
  return "plain";
}

function isNothing(node: ts.Expression): boolean {
  return /^(?:undefined|null|"")$/.test(node.getText());
}

/** Whether it is (a part of an "or" that is) the condition of an `if` that throws. */
function throwsIf(condition: ts.Expression): boolean {
  const { parent } = condition;
  if (ts.isIfStatement(parent)) return parent.expression === condition && endOf(parent.thenStatement) === "throw";
  const isOr = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.BarBarToken;
  return isOr && throwsIf(parent);
}

function fallbackTo(value: ts.Expression): Pick<EnvironmentNode, "need" | "fallback"> {
  if (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value)) return { need: "default", fallback: value.text };
  return { need: "default", fallback: null };
}

/** Another value is tried first, or something is asked before. */
function isUnderCondition(access: ts.Expression): boolean {
  let node: ts.Node = access;
  while (ts.isExpression(node)) {
    const { parent }: ts.Node = node;
    if (ts.isFunctionLike(parent)) return false;
    if (ts.isConditionalExpression(parent) && parent.condition !== node) return true;
    if (ts.isBinaryExpression(parent) && parent.right === node) {
      const operator = parent.operatorToken.kind;
      if (
        operator === ts.SyntaxKind.QuestionQuestionToken ||
        operator === ts.SyntaxKind.BarBarToken ||
        operator === ts.SyntaxKind.AmpersandAmpersandToken
      ) {
        return true;
      }
    }
    node = parent;
  }
  return false;
}
