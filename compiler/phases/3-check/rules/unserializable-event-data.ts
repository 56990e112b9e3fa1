import { pathKey } from "../../2-model/folded.js";
import type { AppModel, Payload } from "../../2-model/model.js";
import type { SpecialName } from "../../2-model/shape.js";
import { describeFate, describeLoss, isCertain, listRealLosses, suggestPlainData } from "../json-losses.js";
import type { Finding, Rule } from "../rule.js";
import { readMember } from "../read-member.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

const nothing: ReadonlySet<SpecialName> = new Set();

/** Events travel and are kept as JSON, whatever the functions that they start do with their own results. */
export const findUnserializableEventData: Rule = (model) => [
  ...model.sends.flatMap(({ data, name, client }) => {
    const finding = data && checkData(model, data, name === null ? "the event" : `the event \`${name}\``, client);
    return finding ? [finding] : [];
  }),
  ...findInInvokes(model),
];

/** What a function is invoked with is the data of its event. */
function findInInvokes(model: AppModel): Finding[] {
  return listHandlers(model).flatMap(({ owner, handler }) =>
    listAllSteps(handler.steps).flatMap(({ target, through }): Finding[] => {
      if (target?.kind !== "function" || !target.data) return [];
      const subject = target.id === null ? "the invoked function" : `the function \`${target.id}\``;
      const finding = checkData(model, target.data, subject, owner.client);
      return finding ? [{ ...finding, through }] : [];
    }),
  );
}

function checkData(model: AppModel, data: Payload, subject: string, client: number | null): Finding | null {
  const losses = listRealLosses(data.shape, nothing);
  const [worst] = losses;
  if (!worst) return null;
  const special = worst.shape.name;
  const certain = special === "bigint" && !mayTransform(model, client) && isCertain(data.shape, worst);
  const others = losses.length - 1;
  return {
    severity: certain ? "error" : special === "undefined" ? "info" : "warning",
    message: `${subject} is ${subject.includes("function") ? "invoked" : "sent"} with ${describeLoss(worst)}${others > 0 ? `, and ${others} more like it` : ""}`,
    span: data.spans.get(pathKey(worst.path)) ?? data.span,
    label: `\`${worst.shape.type}\`: ${describeFate(special)}`,
    help: suggestPlainData(special, false).replace(/^(throw it, or )?return /, "send "),
  };
}

/** Middleware of a client may write events in a form of its own; which client sends in a step is not looked for. */
function mayTransform(model: AppModel, client: number | null): boolean {
  const clients = client === null ? model.clients : model.clients.slice(client, client + 1);
  return clients.some(({ config }) => readMember(config.value, "middleware") !== undefined);
}
