/** `InngestCommHandler` of the package, by which applications write a `serve` of their own. */
import { expect, it } from "vitest";
import { ambient } from "../define/ambient.js";
import { InngestCommHandler, type ServeHandlerOptions } from "../define/index.js";
import { sign } from "../protocol/signing-key.js";
import "./adapters/edge.js";
import { callBody, createClient, signingKey, url } from "./serve-fixture.js";

/** What some framework hands over: a body that it has parsed, and a context to answer by. */
interface Incoming {
  verb: string;
  target: string;
  fields: Record<string, string>;
  payload?: unknown;
}

const serve = (options: ServeHandlerOptions) =>
  new InngestCommHandler({
    frameworkName: "own",
    ...options,
    handler: ({ verb, target, fields, payload }: Incoming) => ({
      body: () => payload,
      headers: (name: string) => fields[name.toLowerCase()],
      method: () => verb,
      url: () => new URL(target, url),
      queryString: (name: string) => (name === "fnId" ? fields["function"] : null),
      transformResponse: ({ status, headers, body }) => ({ status, kind: headers["content-type"], body }),
    }),
  }).createHandler();

const client = createClient({ isDev: false, signingKey });
const greet = client.createFunction({ id: "greet", triggers: [{ event: "order/placed" }] }, async ({ event }) => ({
  hello: event.data.id,
}));
const handler = serve({ client, functions: [greet] });

it("calls the function that a signed request names", async () => {
  const payload = callBody({});
  const fields = {
    "x-inngest-signature": sign(JSON.stringify(payload), signingKey, Date.now()),
    "content-length": "1",
    function: "shop-greet",
  };
  const incoming = { verb: "POST", target: "/api/inngest?stepId=step", fields, payload };
  expect(await handler(incoming)).toEqual({ status: 200, kind: "application/json", body: '{"hello":7}' });
  const unsigned = await handler({ ...incoming, fields: { function: "shop-greet" } });
  expect(unsigned.status).toBe(401);
});

it("tells whether it works", async () => {
  const { status, body } = await handler({ verb: "GET", target: "/api/inngest", fields: {} });
  expect([status, JSON.parse(body).mode]).toEqual([200, "cloud"]);
});

it("says what to do where no adapter is loaded", async () => {
  const { createEndpoint } = ambient;
  ambient.createEndpoint = undefined;
  try {
    const call = serve({ client, functions: [greet] })({ verb: "GET", target: "/", fields: {} });
    await expect(call).rejects.toMatchObject({ code: "handler-without-serve" });
  } finally {
    ambient.createEndpoint = createEndpoint;
  }
});
