import { expect, it } from "vitest";
import { parseCron } from "./cron.js";

it.each([
  ["61 * * * *", "`61` is not a minute (0-59)"],
  ["0 25 * * *", "`25` is not an hour (0-23)"],
  ["0 0 0 * *", "`0` is not a day of a month (1-31)"],
  ["0 0 1 13 *", "`13` is not a month (1-12)"],
  ["0 0 * * 9", "`9` is not a day of the week (0-7)"],
  ["5-70 * * * *", "`5-70` is not a minute (0-59)"],
  ["- * * * *", "`-` is not a minute (0-59)"],
  ["*/0 * * * *", "`*/0` repeats at no distance"],
  ["5-1 * * * *", "`5-1` ends before it begins"],
  ["noon * * * *", "`noon` is not a number, a list, a range or a step"],
  ["0 0 * fox *", "`fox` is not the name of a month or a day"],
  ["0 0 30 2 *", "no such month has that day, so it never comes"],
])("says what is wrong with `%s`", (schedule, reason) => {
  const cron = parseCron(schedule);
  expect(cron.ok ? "" : cron.message).toBe(`\`${schedule}\` is not a cron schedule: ${reason}`);
});
