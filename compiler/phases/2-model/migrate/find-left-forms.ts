import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs } from "../../1-source/evaluate/value.js";
import { mentionsOf } from "../name-index.js";
import type { Migrating } from "./migrating.js";

/** Forms of SDK v3 that have no mechanical equivalent: named, and left. */
export function findLeftForms(migrating: Migrating): void {
  const { reading } = migrating;
  for (const mention of mentionsOf(reading, "InngestMiddleware")) {
    const { parent } = mention;
    if (!ts.isNewExpression(parent) || parent.expression !== mention) continue;
    if (!migrating.isOwn(parent.getSourceFile())) continue;
    if (nameInOurs(evaluate(reading.evaluation, mention, Scope.empty)) !== "InngestMiddleware") continue;
    migrating.leave(
      "kept-middleware",
      parent,
      "middleware is a class on `Middleware.BaseMiddleware` in v4; its hooks differ, so write it anew",
    );
  }
  for (const file of reading.source.files.filter(migrating.isOwn)) {
    for (const statement of file.statements) {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
      if (!statement.moduleSpecifier.text.startsWith("@inngest/realtime")) continue;
      migrating.leave(
        "kept-realtime",
        statement,
        "`@inngest/realtime` is part of the package in v4, with channels of another form",
      );
    }
  }
}
