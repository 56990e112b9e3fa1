import * as z from "zod";
import type { Equal, Expect } from "../define/expect-type.test-d.js";
import { realtime, Stepwright } from "../define/index.js";
import { getClientSubscriptionToken, useRealtime } from "./use-realtime.js";

const jobs = realtime.channel({
  name: (id: string) => `job:${id}`,
  topics: {
    progress: { schema: z.object({ percent: z.number() }) },
    note: { schema: z.object({ text: z.string() }) },
  },
});

export function Job() {
  const job = jobs("j1");
  const { messages, runStatus, error } = useRealtime({ channel: job, topics: ["progress"], token: async () => "key" });
  const last = messages.byTopic.progress;
  if (last?.kind === "data") {
    type _1 = Expect<Equal<typeof last.data, { percent: number }>>;
  }
  for (const message of messages.all) {
    if (message.kind === "data") {
      type _2 = Expect<Equal<typeof message.topic, "progress">>;
    }
  }
  // @ts-expect-error it is not subscribed to
  void messages.byTopic.note;
  const any = useRealtime({ channel: "any", topics: ["at all"], key: "k" });
  void any.messages.byTopic["at all"]?.data;
  return [runStatus, error?.message];
}

export async function token() {
  const { key } = await getClientSubscriptionToken(new Stepwright({ id: "app" }), {
    channel: jobs("j1"),
    topics: ["note"],
  });
  type _3 = Expect<Equal<typeof key, string>>;
}
