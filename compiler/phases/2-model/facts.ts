import type { ts } from "ts-morph";
import type { FunctionValue } from "../1-source/evaluate/value.js";
import { Freshness } from "../1-source/freshness.js";
import type { Taint } from "./effects/taint.js";
import { FactTable } from "./fact-table.js";
import { KeptList } from "./kept-list.js";
import type { ClientModel, EventModel, FunctionModel, HandlerModel, OpaqueModel, SendSite, StepSite } from "./model.js";

/**
 * What was read before, kept from one version of the program to the next. Indexes in it are those of the version
 * in which it was read; whoever takes a fact puts the present ones in their place.
 */
export interface Facts {
  readonly freshness: Freshness;
  readonly clients: FactTable<ClientFact>;
  readonly eventTypes: FactTable<EventModel>;
  readonly definitions: FactTable<DefinitionFact>;
  /** By the definition's call. */
  readonly handlers: FactTable<DefinitionHandlers>;
  /** By the call; null for one that sends nothing. */
  readonly sends: FactTable<SendFact | null>;
  /** By the function: what the value that it gives depends on. */
  readonly summaries: FactTable<Taint>;
  /** Those of the whole model. */
  readonly allClients: KeptList<ClientModel>;
  readonly allEvents: KeptList<EventModel>;
  /** As JSON: compared once for a version, and not again for each handler. */
  readonly eventShapes: KeptList<string>;
}

export interface ClientFact {
  readonly client: ClientModel;
  readonly events: readonly EventModel[];
  readonly opaque: readonly OpaqueModel[];
}

export interface DefinitionFact {
  readonly model: FunctionModel;
  readonly clientNode: ts.Node | null;
  readonly opaque: readonly OpaqueModel[];
  readonly parts: LifecycleParts<FunctionValue | null>;
}

export interface LifecycleParts<Part> {
  readonly handler: Part;
  readonly onFailure: Part;
  readonly onCancel: Part;
  readonly onComplete: Part;
}

export interface DefinitionHandlers {
  readonly parts: LifecycleParts<HandlerFact | null>;
  /** The shapes of all events, as they were: a handler's types depend on them by name. */
  readonly events: readonly string[];
  /** The finished model, and the indexes that are in it. */
  readonly placed?: { readonly key: string; readonly model: FunctionModel };
}

export interface HandlerFact {
  readonly model: HandlerModel;
  readonly node: ts.Node;
  /** What the steps' targets call the first of `sends`. */
  readonly firstSend: number;
  readonly sends: readonly SendSite[];
  readonly sendCalls: readonly ts.Node[];
  /** The definitions that the handler's steps invoke. */
  readonly invoked: ReadonlyMap<StepSite, ts.Node>;
}

export interface SendFact {
  readonly sites: readonly SendSite[];
  readonly clientNode: ts.Node | null;
  readonly calls: readonly ts.Node[];
}

export function createFacts(): Facts {
  const freshness = new Freshness();
  return {
    freshness,
    clients: new FactTable(freshness),
    eventTypes: new FactTable(freshness),
    definitions: new FactTable(freshness),
    handlers: new FactTable(freshness),
    sends: new FactTable(freshness),
    summaries: new FactTable(freshness),
    allClients: new KeptList(),
    allEvents: new KeptList(),
    eventShapes: new KeptList(),
  };
}
