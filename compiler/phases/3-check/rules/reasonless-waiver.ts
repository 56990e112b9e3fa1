import type { AppModel } from "../../2-model/model.js";
import type { Finding } from "../rule.js";

/** A waiver is a decision; without its reason the next reader cannot tell whether it still holds. */
export function findReasonlessWaivers(model: AppModel): Finding[] {
  return model.waivers
    .filter((waiver) => waiver.reason === "")
    .map((waiver) => ({
      message:
        waiver.code === "" ? "a waiver without code and reason" : `\`${waiver.code}\` is waived without a reason`,
      span: waiver.span,
      help: `say why: \`// stepwright-allow ${waiver.code || "<code>"}: <reason>\``,
    }));
}
