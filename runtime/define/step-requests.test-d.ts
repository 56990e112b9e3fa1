import { Stepwright } from "./client.js";
import type { Equal, Expect } from "./expect-type.test-d.js";
import { fetch, openai, type StepFetch } from "./index.js";

const client = new Stepwright({ id: "shop" });

client.createFunction({ id: "requests", triggers: [{ event: "go" }] }, async ({ step }) => {
  const named = await step.fetch("rates", "https://example.com");
  type _1 = Expect<Equal<typeof named, Response>>;
  const posted = await step.fetch({ id: "rates", timeout: "10s", retries: 2 }, new URL("https://example.com"), {
    method: "POST",
  });
  type _2 = Expect<Equal<typeof posted, Response>>;
  const unnamed = await step.fetch("https://example.com", { method: "POST" });
  type _3 = Expect<Equal<typeof unnamed, Response>>;
  // @ts-expect-error an id alone is no request
  await step.fetch({ id: "rates" });

  await step.ai.infer("ask", { model: openai({ model: "gpt-5-mini" }), body: { messages: [] } });
  // @ts-expect-error a model needs a name
  openai({});
  const count = await step.ai.wrap("count", async (text: string) => text.length, "words");
  type _4 = Expect<Equal<typeof count, number>>;
  const configured = fetch.config({ fallback: undefined });
  type _5 = Expect<Equal<typeof configured, StepFetch>>;
});
