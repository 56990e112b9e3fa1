import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { type Migrating, ownCalls } from "./migrating.js";

/** `step.invoke(id, { function: "shop-charge" })` → `referenceFunction({ appId: "shop", functionId: "charge" })`. */
export function migrateInvokes(migrating: Migrating): void {
  for (const {
    arguments: [, options],
  } of ownCalls(migrating, "invoke")) {
    if (!options || !ts.isObjectLiteralExpression(options)) continue;
    const target = options.properties.find((property) => property.name?.getText() === "function");
    if (target && ts.isPropertyAssignment(target)) migrateTarget(migrating, target.initializer);
  }
}

function migrateTarget(migrating: Migrating, target: ts.Expression): void {
  const { reading, edits, packageName } = migrating;
  const value = evaluate(reading.evaluation, target, Scope.empty);
  if (value.kind !== "constant" || typeof value.value !== "string") {
    const { flags } = reading.evaluation.checker.getTypeAtLocation(target);
    const isText = (flags & ts.TypeFlags.StringLike) !== 0;
    if (isText) migrating.leave("kept-invoke", target, "the name of the function is known only at run time");
    return;
  }
  const name = value.value;
  // An id may itself have a dash in it: only the ids of this application say where it ends.
  const app = reading.clients.find(({ id }) => id !== null && name.startsWith(`${id}-`))?.id;
  if (app == null) {
    migrating.leave(
      "kept-invoke",
      target,
      `\`${name}\` is no function of this application: which part of it is the app's id?`,
    );
    return;
  }
  const quote = target.getText().startsWith("'") ? "'" : '"';
  const [appId, functionId] = [app, name.slice(app.length + 1)].map((id) => `${quote}${id}${quote}`);
  edits.replaceNode(target, `referenceFunction({ appId: ${appId}, functionId: ${functionId} })`);
  edits.addImport(target.getSourceFile(), packageName, "referenceFunction");
}
