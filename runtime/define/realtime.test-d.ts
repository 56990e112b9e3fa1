import * as z from "zod";
import type { Equal, Expect } from "./expect-type.test-d.js";
import { Inngest, realtime, staticSchema, type GetStepTools } from "./index.js";
import { channel, subscribe } from "./realtime.js";

const jobs = realtime.channel({
  name: ({ jobId }: { jobId: string }) => `job:${jobId}`,
  topics: {
    progress: { schema: z.object({ percent: z.number() }) },
    note: { schema: staticSchema<{ text: string }>() },
  },
});
const news = channel({ name: "news", topics: { headline: { schema: z.object({ title: z.string() }) } } });
const client = new Inngest({ id: "app" });
declare const step: GetStepTools<typeof client>;

type _1 = Expect<Equal<(typeof jobs.$infer)["note"], { text: string }>>;
type _2 = Expect<Equal<typeof jobs.$params, { jobId: string }>>;
const job = jobs({ jobId: "j1" });
// @ts-expect-error the channel takes a job
jobs({});
// @ts-expect-error the channel has no such topic
void job.finished;

async function published() {
  await client.realtime.publish(job.progress, { percent: 1 });
  await client.realtime.publish(news.headline, { title: "x" });
  // @ts-expect-error the topic's data is another
  await client.realtime.publish(job.progress, { title: "x" });
  const note = await step.realtime.publish("note", job.note, { text: "x" });
  type _3 = Expect<Equal<typeof note, { text: string }>>;
  // @ts-expect-error the topic's data is another
  await step.realtime.publish("note", job.note, { percent: 1 });
  const old = await step.realtime.publish("v3", { channel: "c", topic: "t", data: 1 });
  type _4 = Expect<Equal<typeof old, 1>>;
}

async function subscribed() {
  for await (const message of await client.realtime.subscribe({ channel: job, topics: ["progress", "note"] })) {
    if (message.topic === "progress" && message.kind === "data") {
      type _5 = Expect<Equal<typeof message.data, { percent: number }>>;
      type _6 = Expect<Equal<typeof message.createdAt, Date>>;
    }
  }
  const token = await client.realtime.token({ channel: news, topics: ["headline"] });
  const stream = await subscribe(token);
  stream.getEncodedStream().getReader();
  stream.unsubscribe();
  await subscribe({ ...token, onMessage: ({ topic }) => void topic });
  // @ts-expect-error the channel has no such topic
  await client.realtime.subscribe({ channel: news, topics: ["weather"] });
  for await (const { data } of await subscribe({ channel: "any", topics: ["at all"] })) void data;
}
void published;
void subscribed;
