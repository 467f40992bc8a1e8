// Branded numbers: a nanosecond cannot be passed where bytes are wanted. Knows nothing of the rest of the engine.
// All are plain JavaScript numbers at run time; integers below 2^53 are exact.

declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** Integer nanoseconds of simulated time. */
export type Ns = Branded<'Ns'>;
/** Integer bytes. */
export type Bytes = Branded<'Bytes'>;
/** Integer bits per second. */
export type BitsPerSecond = Branded<'BitsPerSecond'>;

export const ns = (value: number): Ns => value as Ns;
export const bytes = (value: number): Bytes => value as Bytes;
export const bitsPerSecond = (value: number): BitsPerSecond => value as BitsPerSecond;

export const NS_PER_SECOND = 1_000_000_000;

/**
 * Time a link needs to send `length` bytes: floor(length * 8e9 / rate) nanoseconds, the rule of the recorded
 * kernel traces. Exact for lengths below 2^20 bytes.
 */
export function serialisationTime(length: number, rate: BitsPerSecond): Ns {
  const bitsTimesNs = length * 8 * NS_PER_SECOND;
  if (Number.isSafeInteger(bitsTimesNs)) return Math.floor(bitsTimesNs / rate) as Ns;
  return Number((BigInt(length) * 8_000_000_000n) / BigInt(rate)) as Ns;
}
