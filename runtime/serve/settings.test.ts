import { describe, expect, it } from "vitest";
import { resolveSettings } from "./settings.js";

const resolve = (environment: Record<string, string>, options = {}, clientOptions = {}) =>
  resolveSettings({ ...options, clientOptions: { id: "shop", ...clientOptions }, eventKey: undefined }, environment);

describe("what an endpoint goes by", () => {
  it.each([
    [{}, {}, "cloud"],
    [{ INNGEST_DEV: "1" }, {}, "dev"],
    [{ INNGEST_DEV: "http://localhost:9000" }, {}, "dev"],
    [{ INNGEST_DEV: "0" }, {}, "cloud"],
    [{ STEPWRIGHT_DEV: "0", INNGEST_DEV: "1" }, {}, "cloud"],
    [{ INNGEST_DEV: "1" }, { isDev: false }, "cloud"],
    [{}, { isDev: true }, "dev"],
    [{ NODE_ENV: "development" }, {}, "cloud"],
  ])("%j %j: %s", (environment, client, mode) => {
    expect(resolve(environment as Record<string, string>, {}, client).mode).toBe(mode);
  });

  it("options win over the client, the client over STEPWRIGHT_*, that over INNGEST_*", () => {
    const environment = { INNGEST_SIGNING_KEY: "d", STEPWRIGHT_SIGNING_KEY: "c", INNGEST_SIGNING_KEY_FALLBACK: "f" };
    expect(resolve(environment).signingKeys).toEqual(["c", "f"]);
    expect(resolve(environment, {}, { signingKey: "b" }).signingKeys).toEqual(["b", "f"]);
    expect(resolve(environment, { signingKey: "a" }, { signingKey: "b" }).signingKeys).toEqual(["a", "f"]);
  });

  it("the rest of the variables", () => {
    const given = resolve({
      INNGEST_SERVE_ORIGIN: "https://shop.example",
      INNGEST_SERVE_PATH: "/x",
      INNGEST_STREAMING: "allow",
      INNGEST_ALLOW_IN_BAND_SYNC: "false",
      INNGEST_ENABLE_UNAUTHED_SYNC: "0",
      INNGEST_API_BASE_URL: "http://api.test/",
      INNGEST_EVENT_API_BASE_URL: "http://events.test",
      VERCEL: "1",
      VERCEL_GIT_COMMIT_REF: "topic",
    });
    expect(given).toMatchObject({
      serveOrigin: "https://shop.example",
      servePath: "/x",
      streaming: true,
      inBandSync: false,
      unauthedSync: false,
      platform: "vercel",
      endpoint: { apiUrl: "http://api.test", eventUrl: "http://events.test", env: "topic" },
    });
  });
});
