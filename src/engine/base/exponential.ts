// Exponential random variates that are the same on every machine: only + - * / of IEEE 754 and integer steps, no Math.log
// (architecture section 6, rule 9). Knows nothing of what they are used for.

import { nextU32, type RandomStream } from './prng.ts';

/** Natural logarithm of u / 2^32 for an integer u from 1 to 2^32 - 1; relative error below 1e-15. */
export function logOfFraction(u: number): number {
  const exponent = 31 - Math.clz32(u);
  const mantissa = u / 2 ** exponent;
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let power = z;
  let sum = 0;
  for (let k = 1; k < 48; k += 2) {
    sum += power / k;
    power *= square;
  }
  return 2 * sum + (exponent - 32) * Math.LN2;
}

/** A gap with the given mean, rounded to an integer: mean * -ln(U), U uniform on (0, 1). */
export function nextExponential(stream: RandomStream, mean: number): number {
  return Math.round(mean * -logOfFraction(Math.max(1, nextU32(stream))));
}
