// The difference between two JSON values, and its application: a link carries only what is not the preset's. Objects are
// compared by own keys, arrays of equal length by index, everything else is replaced whole. Knows nothing of scenarios.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A difference: absent (equal), `[value]` (replaced), or an object whose keys are those of the object (or indices of the
 * array) that differ, `null` meaning "no longer there".
 */
export type Difference = readonly [Json] | { readonly [key: string]: Difference | null };

const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isArray = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** What turns `from` into `to`; undefined when they are equal. */
export function difference(from: Json, to: Json): Difference | undefined {
  if (Object.is(from, to)) return undefined;
  const bothObjects = isObject(from) && isObject(to);
  const bothArrays = isArray(from) && isArray(to) && from.length === to.length;
  if (!bothObjects && !bothArrays) return [to];
  const changes: Record<string, Difference | null> = {};
  const before = Object.entries(from);
  const after = new Map(Object.entries(to));
  for (const [key, value] of before) {
    const other = after.get(key);
    if (other === undefined) changes[key] = null;
    else {
      const inner = difference(value, other);
      if (inner !== undefined) changes[key] = inner;
    }
    after.delete(key);
  }
  for (const [key, value] of after) changes[key] = [value];
  return Object.keys(changes).length === 0 ? undefined : changes;
}

/** Applies a difference; parts that do not fit `from` any more are left out. `__proto__` and the like are never written. */
export function applyDifference(from: Json, change: Difference): Json {
  if (Array.isArray(change)) return change[0] ?? null;
  const changes = Object.entries(change as { readonly [key: string]: Difference | null });
  if (isArray(from)) {
    const copy = [...from];
    for (const [key, inner] of changes) {
      const index = Number(key);
      const old = copy[index];
      if (inner !== null && old !== undefined) copy[index] = applyDifference(old, inner);
    }
    return copy;
  }
  const entries = new Map(isObject(from) ? Object.entries(from) : []);
  for (const [key, inner] of changes) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') continue;
    if (inner === null) entries.delete(key);
    else entries.set(key, applyDifference(entries.get(key) ?? null, inner));
  }
  return Object.fromEntries(entries);
}
