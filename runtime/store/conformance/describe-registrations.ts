import { expect, it } from "vitest";
import { must } from "./apply.js";
import type { StoreUnderTest } from "./store-under-test.js";

export function describeRegistrations(current: () => StoreUnderTest): void {
  it("keeps what applications have registered", async () => {
    const { store } = current();
    const put = (appId: string, registration: string | null) =>
      must(store, { kind: "registration", appId, registration });
    await put("shop", "{}");
    await put("mail", '{"a":1}');
    await put("shop", '{"b":"ü"}');
    expect(await store.registrations.list()).toEqual([
      { appId: "mail", registration: '{"a":1}' },
      { appId: "shop", registration: '{"b":"ü"}' },
    ]);
    await put("mail", null);
    await put("none", null);
    expect(await store.registrations.list()).toEqual([{ appId: "shop", registration: '{"b":"ü"}' }]);
  });
}
