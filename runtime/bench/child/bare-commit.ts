import { rmSync } from "node:fs";

import { openDatabase } from "../../store/sqlite/driver.js";
import { median } from "../statistics.js";

const warmUp = 100;
const commits = 200;

/** What one commit of one row costs on this machine at this moment, in ms: no durable step can be faster. */
export async function measureBareCommit(besides: string): Promise<number> {
  const file = `${besides}.bare`;
  const database = await openDatabase(file);
  database.exec(
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (text TEXT)",
  );
  const insert = database.prepare("INSERT INTO rows VALUES (?)");
  const times: number[] = [];
  for (let i = -warmUp; i < commits; i++) {
    const begun = performance.now();
    insert.run([`row ${i}`]);
    if (i >= 0) times.push(performance.now() - begun);
  }
  database.close();
  rmSync(file);
  return median(times);
}
