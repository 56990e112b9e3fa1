import { parseDuration } from "../../../runtime/manifest/duration.js";
import { findNearestName } from "../../diagnostics/nearest-name.js";
import type { Span } from "../2-model/span.js";
import { type Finding, labelSpan } from "./rule.js";

const units = [
  ...["milliseconds", "seconds", "minutes", "hours", "days", "weeks", "millisecond", "second", "minute", "hour", "day"],
  ...["week", "msecs", "secs", "mins", "hrs", "msec", "sec", "min", "hr"],
];

/** A fix that writes the duration that a text was meant to be; none when the text is not written as a plain literal. */
export function fixDuration(span: Span, value: unknown): Pick<Finding, "fixes"> {
  const isPlain = typeof value === "string" && span.line === span.endLine && span.end - span.start === value.length + 2;
  const meant = isPlain ? guessDuration(value) : null;
  if (meant === null) return {};
  const text = JSON.stringify(meant);
  return { fixes: [{ title: `write ${text}`, edits: [{ span: labelSpan(span), text }] }] };
}

/**
 * What a text that is no duration means without doubt: ISO 8601 (`PT1H30M`), `1h and 30m`, `5 min.`, a unit with a letter too many or
 * too few. Null for everything else.
 */
export function guessDuration(text: string): string | null {
  if (text.length > 100 || parseDuration(text).ok) return null;
  const meant = guessIso(text) ?? guessWords(text);
  return meant !== null && parseDuration(meant).ok ? meant : null;
}

function guessIso(text: string): string | null {
  const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text.trim())?.slice(1);
  const named = parts?.flatMap((amount, index) => (amount === undefined ? [] : [`${amount}${"wdhms"[index]}`]));
  return named && named.length > 0 ? named.join(" ") : null;
}

function guessWords(text: string): string | null {
  const plain = text.trim().replace(/\band\b|&/gi, " ");
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\.?[\s,]*)+$/i.test(plain)) return null;
  const pieces = [...plain.matchAll(/(\d+(?:\.\d+)?)(\s*)([a-z]+)/gi)].map(([, amount = "", space = "", unit = ""]) => {
    const isUnit = parseDuration(`1${unit}`).ok;
    // Of a short one any other unit is as near.
    const known = isUnit ? unit : unit.length >= 4 ? findNearestName(unit.toLowerCase(), units) : null;
    return known === null ? null : `${amount}${space && " "}${known}`;
  });
  return pieces.includes(null) ? null : pieces.join(" ");
}
