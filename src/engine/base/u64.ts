// 64-bit arithmetic shared by tables and tools that are not hot: bigint in, bigint out, wrapped as the instruction set
// (RFC 9669 section 4.1) wraps. The interpreter has its own 32-bit-pair arithmetic; this file is a check on it.

/** Wraps to unsigned 64 bits. */
export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
/** Wraps to signed 64 bits. */
export const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
/** Joins two 32-bit halves (signed or unsigned numbers) to an unsigned 64-bit value. */
export const fromHalves = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
/** An unsigned 64-bit value in two halves as a double; exact below 2^53, else the nearest. */
export const halvesToNumber = (low: number, high: number): number => (high >>> 0) * 4294967296 + (low >>> 0);
