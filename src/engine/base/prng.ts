// Seeded randomness: xoshiro128** (Blackman and Vigna, 2018) over four 32-bit words that live in memory the caller owns,
// so that a snapshot of that memory is a snapshot of the stream. Sub-streams are seeded by name. Integers only.

/** Offsets are in 32-bit words; a stream takes this many. */
export const PRNG_STATE_WORDS = 4;

/** A stream over `state[at .. at + 4)`. Holds no other state. */
export interface RandomStream {
  readonly state: Int32Array;
  readonly at: number;
}

function splitmix(seed: number): () => number {
  let x = seed | 0;
  return () => {
    x = (x + 0x9e3779b9) | 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
}

/** Seeds the stream called `name` of an experiment: adding a stream never shifts another. `seed` may be any integer below 2^53. */
export function seedStream(stream: RandomStream, seed: number, name: string): void {
  let hash = 0x811c9dc5 ^ (seed | 0) ^ Math.imul(Math.floor(seed / 4294967296), 0x9e3779b1);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  const next = splitmix(hash);
  for (let i = 0; i < PRNG_STATE_WORDS; i++) stream.state[stream.at + i] = next();
  if (stream.state[stream.at] === 0) stream.state[stream.at] = 1;
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Next 32 random bits as an unsigned number. */
export function nextU32(stream: RandomStream): number {
  const { state, at } = stream;
  const s0 = state[at] ?? 0;
  const s1 = state[at + 1] ?? 0;
  const s2 = state[at + 2] ?? 0;
  const s3 = state[at + 3] ?? 0;
  const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9);
  const t = s1 << 9;
  const n2 = s2 ^ s0;
  const n3 = s3 ^ s1;
  state[at + 1] = s1 ^ n2;
  state[at] = s0 ^ n3;
  state[at + 2] = n2 ^ t;
  state[at + 3] = rotate(n3, 11);
  return result >>> 0;
}

/** Uniform integer in [0, bound), bound from 1 to 2^32; unbiased (Lemire's rejection on the low word). */
export function nextBelow(stream: RandomStream, bound: number): number {
  const limit = 4294967296 - (4294967296 % bound);
  for (;;) {
    const value = nextU32(stream);
    if (value < limit) return value % bound;
  }
}
