/** Reads a text of the store that is JSON, or was written by a person (the reason of a cancellation). */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
