/** "Did you mean": the candidate that a mistyped name most likely stands for. */

/** The nearest candidate within a third of the name's length in edits (at least one); null when none is near. */
export function findNearestName(name: string, candidates: Iterable<string>): string | null {
  const allowed = Math.max(1, Math.floor(name.length / 3));
  let nearest: string | null = null;
  let best = allowed + 1;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > best) continue;
    // A name that differs only in case or separators is as good as equal.
    const distance = flatten(candidate) === flatten(name) ? 0 : measureDistance(name, candidate);
    const isCloser = distance < best || (distance === best && sharesMore(name, candidate, nearest));
    if (distance > allowed || !isCloser) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

/** Of two names that are equally near, the one that begins more alike is meant. */
function sharesMore(name: string, candidate: string, other: string | null): boolean {
  return other !== null && countShared(name, candidate) > countShared(name, other);
}

function countShared(left: string, right: string): number {
  let count = 0;
  while (count < left.length && left[count] === right[count]) count++;
  return count;
}

function flatten(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Edits (insert, delete, replace, swap of two neighbours) that make one text of the other. */
function measureDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
