import * as z from "zod";

/** What `POST /e/:key` answers. Apart from the route, so that who only reads it does not load the engine. */
export const ingestAnswerSchema = z.strictObject({
  /** Of the accepted events, in order. */
  ids: z.array(z.string()),
  status: z.literal(200),
});
