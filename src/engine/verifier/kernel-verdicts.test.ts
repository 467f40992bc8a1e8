// Verdicts, messages and counts against those recorded from Linux 7.2.13 (../shared/data/verifier). The floors only rise:
// what agrees once must go on agreeing.

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BytecodeCase, judgeCase } from './bytecode-case.ts';

interface Recorded extends BytecodeCase {
  readonly expect: string;
  readonly msg?: string | null;
  readonly processed: number;
  readonly linux_7_2_13?: { readonly expect: string; readonly msg: string | null; readonly processed: number };
}

const FOLDER = '../shared/data/verifier';
const present = existsSync(FOLDER);
if (!present) console.warn('skipped: recorded kernel verdicts, because ../shared/data/verifier is absent');

const read = (file: string): Recorded[] =>
  gunzipSync(readFileSync(`${FOLDER}/${file}.jsonl.gz`))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Messages are compared without their numbers. */
const words = (text: string | null | undefined): string =>
  (text ?? '').replace(/-?\b(0x[0-9a-f]+|\d+)\b/g, 'N').replace(/R\d+/g, 'RN');

/** Known differences, each with its reason. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  [
    'progs/map_ptr/ptr_read_ops_field_accepted',
    'reading struct bpf_map through a map pointer needs the kernel’s own BTF; refused here',
  ],
]);

interface Tally {
  readonly wrong: string[];
  readonly unsafe: string[];
  rejects: number;
  messages: number;
  accepts: number;
  counts: number;
}

function judge(file: string): Tally {
  const tally: Tally = { wrong: [], unsafe: [], rejects: 0, messages: 0, accepts: 0, counts: 0 };
  for (const given of read(file)) {
    const theirs = given.linux_7_2_13 ?? { expect: given.expect, msg: given.msg ?? null, processed: given.processed };
    // Programs at the kernel's limit cost a second each; fuzz runs take them.
    if (theirs.processed > 100_000) continue;
    const report = judgeCase(given);
    const ours = report === null ? 'unsupported' : report.rejection === null ? 'accept' : 'reject';
    if (ours !== theirs.expect && !DIFFERENT.has(given.name)) tally.wrong.push(given.name);
    if (theirs.expect === 'reject') {
      tally.rejects++;
      if (ours === 'accept') tally.unsafe.push(given.name);
      if (words(report?.rejection?.kernelMessage) === words(theirs.msg)) tally.messages++;
    } else if (report !== null && ours === 'accept') {
      tally.accepts++;
      const ratio = report.processed / theirs.processed;
      if (ratio >= 0.5 && ratio <= 2) tally.counts++;
    }
  }
  return tally;
}

describe.skipIf(!present)('recorded verdicts of Linux 7.2.13', () => {
  it.each([
    ['selftest', 229],
    ['generated', 673],
    ['mutant', 517],
  ] as const)('%s: every verdict, at least %i messages, counts within 2x', (file, floor) => {
    const tally = judge(file);
    expect(tally.wrong).toEqual([]);
    expect(tally.unsafe).toEqual([]);
    expect(tally.messages).toBeGreaterThanOrEqual(floor);
    expect(tally.counts).toBe(tally.accepts);
  });
});
