// The size table of `tc ... stab` (iproute2 tc_calc_size_table, Linux qdisc_calculate_pkt_len): what a packet counts as, given overhead,
// smallest size and link layer. Numbers only.

/** Options of `stab` as written, bytes; `atm` rounds to whole 53-byte cells of 48 bytes payload. */
export interface SizeTableOptions {
  readonly overhead: number;
  readonly mpu: number;
  readonly mtu: number;
  readonly tsize: number;
  readonly atm: boolean;
}

export const SIZE_TABLE_DEFAULTS: SizeTableOptions = { overhead: 0, mpu: 0, mtu: 2047, tsize: 512, atm: false };

const CELL_PAYLOAD = 48;
const CELL_BYTES = 53;
const LARGEST = 0xffff;

/** A function from a packet's length to what it counts as. */
export function sizeTable(options: SizeTableOptions): (length: number) => number {
  const { overhead, mpu, mtu, tsize, atm } = options;
  if (!atm && mpu === 0) return (length) => Math.max(1, length + overhead);
  let cellLog = 0;
  while (mtu >> cellLog > tsize - 1) cellLog++;
  const adjust = (size: number): number => {
    const least = Math.max(size, mpu);
    return atm ? Math.ceil(least / CELL_PAYLOAD) * CELL_BYTES : least;
  };
  let sizeLog = 0;
  while (adjust(tsize << cellLog) >> sizeLog > LARGEST) sizeLog++;
  const table = Array.from({ length: tsize }, (_, index) => adjust((index + 1) << cellLog) >> sizeLog);
  const at = (slot: number): number => table[slot] ?? 0;
  return (length) => {
    const slot = Math.max(0, length + overhead - 1) >> cellLog;
    const counted = slot < tsize ? at(slot) : at(tsize - 1) * Math.floor(slot / tsize) + at(slot % tsize);
    return Math.max(1, counted << sizeLog);
  };
}
