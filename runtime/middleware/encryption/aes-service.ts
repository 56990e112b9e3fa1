import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { decryptWithAny, type EncryptionService, readKeys } from "./encryption-service.js";

const magic = Buffer.from("Salted__");

/**
 * What the first versions of @inngest/middleware-encryption wrote: AES-256-CBC in OpenSSL's envelope, with key and
 * vector from MD5. Weak by today's measure: for reading what is there, and for the time of a change-over.
 */
export class AesEncryptionService implements EncryptionService {
  readonly identifier = "inngest/aes";
  readonly #keys: [string, ...string[]];

  /** The first key encrypts, all decrypt. @throws Error when there is none */
  constructor(key: string | readonly (string | undefined)[]) {
    this.#keys = readKeys(typeof key === "string" ? [key] : key);
  }

  encrypt(value: unknown): string {
    const salt = randomBytes(8);
    const { key, vector } = derive(this.#keys[0], salt);
    const cipher = createCipheriv("aes-256-cbc", key, vector);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
    return Buffer.concat([magic, salt, sealed]).toString("base64");
  }

  decrypt(value: string): unknown {
    const bytes = Buffer.from(value, "base64");
    const salt = bytes.subarray(8, 16);
    return decryptWithAny(this.#keys, (secret) => {
      const { key, vector } = derive(secret, salt);
      const decipher = createDecipheriv("aes-256-cbc", key, vector);
      const text = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString("utf8");
      return JSON.parse(text) as unknown;
    });
  }
}

function derive(secret: string, salt: Buffer): { key: Buffer; vector: Buffer } {
  let bytes = Buffer.alloc(0);
  let block = Buffer.alloc(0);
  while (bytes.length < 48) {
    block = createHash("md5").update(block).update(secret, "utf8").update(salt).digest();
    bytes = Buffer.concat([bytes, block]);
  }
  return { key: bytes.subarray(0, 32), vector: bytes.subarray(32, 48) };
}
