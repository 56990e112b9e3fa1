import { ts } from "ts-morph";
import { evaluate } from "../1-source/evaluate/evaluate.js";
import { Scope } from "../1-source/evaluate/scope.js";
import type { Source } from "../1-source/open-source.js";
import { createFacts, type Facts } from "./facts.js";
import type { AppModel } from "./model.js";
import { mentionsOf } from "./name-index.js";
import { startReading, type Reading } from "./reading.js";
import { clientOf } from "./readers/client.js";
import { readEventTypes } from "./readers/event.js";
import { readFunctions } from "./readers/function.js";
import { readHandlers } from "./readers/handlers.js";
import { readLostSignals } from "./readers/lost-signals.js";
import { readSends } from "./readers/send.js";
import { readWaivers } from "./readers/waiver.js";

/** The first part of that: clients, events and definitions, and where they are written. */
export function readDefinitions(source: Source): Reading {
  const reading = startReading(source, createFacts());
  readClients(reading);
  readEventTypes(reading);
  readFunctions(reading);
  return reading;
}

/** Reads the whole application. Never throws for what the application does. */
export function buildModel(source: Source, facts: Facts = createFacts()): AppModel {
  facts.freshness.update(source);
  const reading = startReading(source, facts);
  readClients(reading);
  readEventTypes(reading);
  indexEvents(reading);
  // Handlers come after all functions: one can invoke a function that is defined later.
  readHandlers(reading, readFunctions(reading));
  readSends(reading);
  return {
    root: source.root,
    packageName: source.evaluation.ours.specifier ?? "stepwright",
    clients: facts.allClients.keep(reading.clients),
    events: facts.allEvents.keep(reading.events),
    functions: reading.functions,
    sends: reading.sends,
    lostSignals: readLostSignals(reading),
    waivers: readWaivers(reading),
    opaque: reading.opaque,
  };
}

function indexEvents({ events, eventShapes }: Reading): void {
  for (const { name, shape } of events) eventShapes.set(name, eventShapes.has(name) ? null : shape);
}

/** Clients are looked for first, so that all are known when only a type says "a client". */
function readClients(reading: Reading): void {
  const names = new Set(["Inngest", "Stepwright"]);
  for (const name of names) {
    for (const mention of mentionsOf(reading, name)) {
      const { parent } = mention;
      if (ts.isImportSpecifier(parent) && parent.propertyName === mention) names.add(parent.name.text);
      if (ts.isExpressionWithTypeArguments(parent) && ts.isClassLike(parent.parent.parent)) {
        const { name: subclass } = parent.parent.parent;
        if (subclass) names.add(subclass.text);
      }
      const callee = ts.isPropertyAccessExpression(parent) && parent.name === mention ? parent : mention;
      if (!ts.isNewExpression(callee.parent) || callee.parent.expression !== callee) continue;
      clientOf(reading, evaluate(reading.evaluation, callee.parent, Scope.empty));
    }
  }
}
