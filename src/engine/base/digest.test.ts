// The digest tells inputs apart that differ anywhere, and does not depend on how they were cut.

import { describe, expect, it } from 'vitest';
import { Digest } from './digest.ts';

type Row = [number, number, number, number, number, number, number, number];
const ROW: Row = [1, -2, 3, 4_000_000_000, 5, 6, 7, 8];
const digestOf = (...rows: readonly Row[]): string => {
  const digest = new Digest();
  for (const row of rows) digest.row(...row);
  return digest.hex();
};

describe('digest', () => {
  it('changes with every column of a row, and with each bit of it', () => {
    const seen = new Set([digestOf(ROW)]);
    for (let column = 0; column < 8; column++) {
      for (let bit = 0; bit < 32; bit++) {
        const row: Row = [...ROW];
        row[column] = (row[column] ?? 0) ^ (1 << bit);
        seen.add(digestOf(row));
      }
    }
    expect(seen.size).toBe(1 + 8 * 32);
  });

  it('depends on the order and the number of rows', () => {
    const other: Row = [8, 7, 6, 5, 4, 3, 2, 1];
    const zero: Row = [0, 0, 0, 0, 0, 0, 0, 0];
    const all = [digestOf(), digestOf(zero), digestOf(zero, zero), digestOf(ROW, other), digestOf(other, ROW), digestOf(ROW)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('takes words modulo 2^32 and doubles by their bits', () => {
    expect(new Digest().word(-1).hex()).toBe(new Digest().word(0xffffffff).hex());
    expect(new Digest().double(0).hex()).not.toBe(new Digest().double(-0).hex());
    expect(new Digest().text('ab').hex()).not.toBe(new Digest().text('ba').hex());
  });
});
