import { preparePublication, type Publication, readMessage } from "../define/publication.js";
import { readAttemptOptions, readId } from "./step-arguments.js";
import { StepUseError } from "./step-errors.js";
import type { ReadOp } from "./step-tools.js";

/** `(id, topic, data)` and `(id, { channel, topic, data })`: a step whose body makes the message ready; what publishes it is its host. */
export const readPublish: ReadOp = ([idOrOptions, ...message], context) => {
  const { id, name } = readId(idOrOptions);
  let ready: Publication | null = null;
  const body = async (): Promise<unknown> => {
    // SDK v3's topics give a promise.
    const { place, data } = readMessage([await message[0], ...message.slice(1)]);
    const prepared = await preparePublication(place, data);
    if (!prepared.ok) throw new StepUseError(prepared.code, `step \`${id}\`: ${prepared.detail}`);
    ready = prepared.value;
    return data;
  };
  const options = typeof idOrOptions === "object" && idOrOptions !== null ? readAttemptOptions(id, idOrOptions) : {};
  return { kind: "run", id, name, input: [], body: context.within(id, body), publication: () => ready, ...options };
};
