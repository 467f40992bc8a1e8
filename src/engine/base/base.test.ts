// The small foundations: logarithm without Math.log, quantities as tc has them, exact times, diagnostics as text.

import { describe, expect, it } from 'vitest';
import { type Diagnostic, renderDiagnostic, sortDiagnostics } from './diagnostic.ts';
import { Digest } from './digest.ts';
import { logOfFraction, nextExponential } from './exponential.ts';
import { nextBelow, type RandomStream, seedStream } from './prng.ts';
import { formatRate, formatSize, formatTime, parseRate, parseSize, parseTime } from './quantity.ts';
import { lineColumn } from './source.ts';
import { bitsPerSecond, serialisationTime } from './units.ts';

const streamOf = (seed: number, name: string): RandomStream => {
  const stream = { state: new Int32Array(4), at: 0 };
  seedStream(stream, seed, name);
  return stream;
};

describe('randomness', () => {
  it('has a logarithm that agrees with Math.log', () => {
    for (const u of [1, 2, 3, 1000, 2 ** 31, 2 ** 32 - 1, 123_456_789]) {
      expect(logOfFraction(u)).toBeCloseTo(Math.log(u / 2 ** 32), 12);
    }
  });

  it('gives exponential gaps with the mean asked for, and streams that do not depend on one another', () => {
    const stream = streamOf(3, 'gaps');
    let sum = 0;
    for (let i = 0; i < 20_000; i++) sum += nextExponential(stream, 1000);
    expect(sum / 20_000).toBeGreaterThan(980);
    expect(sum / 20_000).toBeLessThan(1020);
    const first = nextBelow(streamOf(1, 'a'), 1_000_000);
    expect(nextBelow(streamOf(1, 'b'), 1_000_000)).not.toBe(first);
    expect(nextBelow(streamOf(1, 'a'), 1_000_000)).toBe(first);
  });
});

describe('quantities', () => {
  it('are read as tc reads them', () => {
    expect([parseRate('10mbit'), parseRate('1.5kbps'), parseRate('1kibit'), parseRate('7'), parseRate('fast')]).toEqual([
      1e7,
      12_000,
      1024,
      7,
      null,
    ]);
    expect([parseTime('5ms'), parseTime('3'), parseTime('2s'), parseTime('1h')]).toEqual([5e6, 3000, 2e9, null]);
    expect([parseSize('1514b'), parseSize('2k'), parseSize('1kbit'), parseSize('-1')]).toEqual([1514, 2048, 128, null]);
  });

  it('are printed as tc prints them', () => {
    expect([formatRate(1e7), formatTime(12_384_000), formatSize(2560)]).toEqual(['10Mbit', '12.384ms', '2.5Kb']);
  });

  it('take the link exactly the kernel’s time', () => {
    expect(serialisationTime(1514, bitsPerSecond(100_000_000))).toBe(121_120);
    expect(serialisationTime(1, bitsPerSecond(3))).toBe(2_666_666_666);
    expect(serialisationTime(65_535 * 1024, bitsPerSecond(7))).toBe(Number((65_535n * 1024n * 8_000_000_000n) / 7n));
  });
});

describe('digest', () => {
  it('does not depend on how bytes are cut into calls of word', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(new Digest().word(0x04030201).word(0x08070605).word(0).word(8).hex()).toBe(new Digest().bytes(bytes).hex());
    expect(new Digest().word(1).hex()).not.toBe(new Digest().word(1).word(0).hex());
  });
});

describe('diagnostics', () => {
  const file = { path: 'a.c', text: 'int x;\n\treturn y;\n' };
  const at = (start: number, end: number, severity: 'error' | 'warning' = 'error'): Diagnostic => ({
    severity,
    code: 'c',
    message: 'm',
    span: { file, start, end },
    notes: [],
  });

  it('are rendered with place, line and caret', () => {
    expect(renderDiagnostic({ ...at(15, 16), notes: [{ message: 'said here', span: { file, start: 4, end: 5 } }] })).toBe(
      'a.c:2:9: error: m [c]\n    2 | \treturn y;\n      | \t       ^\na.c:1:5: note: said here\n    1 | int x;\n      |     ^',
    );
  });

  it('are sorted by place, errors before warnings', () => {
    expect(sortDiagnostics([at(15, 16), at(4, 5, 'warning'), at(4, 5)]).map((item) => [item.span?.start, item.severity])).toEqual(
      [
        [4, 'error'],
        [4, 'warning'],
        [15, 'error'],
      ],
    );
    expect(lineColumn(file, 999)).toEqual({ line: 3, column: 1 });
  });
});
