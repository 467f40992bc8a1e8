// Assertions about our own code. Never used for anything a person typed, loaded or opened: those are
// diagnostics (diagnostic.ts). Knows nothing of the rest of the engine.

/** A fault of ours, never of the user; the message names the broken expectation. */
export class InternalFault extends Error {
  override readonly name = 'InternalFault';
}

/** Throws {@link InternalFault} when `condition` is false. */
export function invariant(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new InternalFault(`broken invariant: ${expectation}`);
}

/** Returns `value`, or throws when it is missing although the caller knows it exists. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InternalFault(`missing ${what}`);
  return value;
}
