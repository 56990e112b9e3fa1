const fields: ReadonlyMap<string, string> = new Map([
  ["0-59", "a minute"],
  ["0-23", "an hour"],
  ["1-31", "a day of a month"],
  ["1-12", "a month"],
  ["0-7", "a day of the week"],
]);

/** What is wrong with a schedule, in our words; `message` is the cron parser's, which names the field by its range. */
export function describeCronReason(message: string): string {
  const value = /got value (\S+) expected range (\d+-\d+)/.exec(message);
  if (value) return describeOutside(value[1] ?? "", value[2] ?? "");
  const range = /got range (\S+) expected range (\d+-\d+)/.exec(message);
  if (range) return describeOutside((range[1] ?? "").replace("NaN-NaN", "-"), range[2] ?? "");
  const every = /cannot repeat at every (\S+) time/.exec(message);
  if (every) return `\`*/${every[1]}\` repeats at no distance`;
  const backwards = /Invalid range: (\d+)-(\d+), min/.exec(message);
  if (backwards) return `\`${backwards[1]}-${backwards[2]}\` ends before it begins`;
  const characters = /Invalid characters, got value: (.+)$/.exec(message);
  if (characters) return `\`${characters[1]}\` is not a number, a list, a range or a step`;
  const name = /cannot resolve alias "(.+)"/.exec(message);
  if (name) return `\`${name[1]}\` is not the name of a month or a day`;
  if (message.includes("explicit day of month")) return "no such month has that day, so it never comes";
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function describeOutside(given: string, range: string): string {
  const field = fields.get(range);
  return field === undefined ? `\`${given}\` is not within ${range}` : `\`${given}\` is not ${field} (${range})`;
}
