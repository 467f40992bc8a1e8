// Did-you-mean: the nearest known name by edit distance with transpositions (Damerau, 1964). Knows nothing of C.

/** Edits between two words, or a number above `limit` when there are more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, (before[j - 2] ?? 0) + 1);
      row.push(value);
      best = Math.min(best, value);
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? limit + 1;
}

/** The candidate closest to `name`, or null when none is within a third of its length. First wins on ties. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > 60) return null;
  let limit = Math.max(1, Math.floor(name.length / 3));
  let found: string | null = null;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > 5000) break;
    if (candidate === name) continue;
    const edits = distance(name, candidate, limit);
    if (edits > limit || (found !== null && edits === limit)) continue;
    if (edits >= Math.max(name.length, candidate.length)) continue;
    limit = edits;
    found = candidate;
  }
  return found;
}
