import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashSigningKey, showsKey, sign } from "../protocol/signing-key.js";
import { verify } from "./signature.js";

const key = "signkey-prod-12345678";
const nowMs = 1_700_000_000_000;
const header = (text: string, at = 1_700_000_000): string =>
  `t=${at}&s=${createHmac("sha256", "12345678").update(`${text}${at}`).digest("hex")}`;

describe("signatures", () => {
  it("are the HMAC of the text and the time, by the digits of the key", () => {
    expect(sign("{}", key, nowMs)).toBe(header("{}"));
    expect(verify({ header: header("{}"), text: "{}", nowMs }, [key])).toBe(key);
  });

  it("fit a body that was written again in another form", () => {
    const canonical = '{"a":[1,{"b":null,"c":"\\u000f"}],"z":1}';
    const text = '{ "z": 1, "a": [1, { "c": "\\u000f", "b": null }] }';
    expect(verify({ header: header(canonical), text, nowMs }, [key])).toBe(key);
    expect(verify({ header: header(text), text, nowMs }, [key])).toBe(key);
  });

  it("say by which of the keys they are", () => {
    const keys = ["signkey-prod-ffffffff", key];
    expect(verify({ header: header("{}"), text: "{}", nowMs }, keys)).toBe(key);
  });

  it.each([
    [null, "missing-signature"],
    ["t=1700000000&s=abc", "invalid-signature"],
    [header("{}").replace("t=1700000000", "t=1700000001"), "invalid-signature"],
    [header('{"other":1}'), "invalid-signature"],
    [header("{}", 1_700_000_000 - 301), "expired-signature"],
    [header("{}", 1_700_000_000 + 301), "expired-signature"],
  ])("%s is refused: %s", (given, code) => {
    expect(() => verify({ header: given, text: "{}", nowMs }, [key])).toThrow(expect.objectContaining({ code }));
  });

  it("may be shown as a hash by who asks, with the prefix or without; the package beside SDK v3 shows the key itself", () => {
    const hash = hashSigningKey(key);
    for (const shown of [`Bearer ${hash}`, `Bearer ${key}`, `bearer ${hash.replace("signkey-prod-", "")}`]) {
      expect([shown, showsKey(shown, ["signkey-prod-ffffffff", key])]).toEqual([shown, true]);
    }
    for (const shown of [undefined, "", "Bearer", `Bearer ${key}0`, key, hash, `Bearer ${hash}0`]) {
      expect([shown, showsKey(shown, [key])]).toEqual([shown, false]);
    }
    expect(showsKey(`Bearer ${hash}`, [])).toBe(false);
  });

  it("are never shown with the key, but with the hash of its bytes", () => {
    const hash = createHash("sha256").update(Buffer.from("12345678", "hex")).digest("hex");
    // From the public specification.
    expect(hash).toBe("b2ed992186a5cb19f6668aade821f502c1d00970dfd0e35128d51bac4649916c");
    expect(hashSigningKey(key)).toBe(`signkey-prod-${hash}`);
  });
});
