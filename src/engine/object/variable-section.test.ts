// Variables survive the ELF file; damaged sections give none and harm nothing.

import { describe, expect, it } from 'vitest';
import { INT } from '../abi/ctype.ts';
import { nextBelow, PRNG_STATE_WORDS, seedStream } from '../base/prng.ts';
import { compile } from '../compiler/compile.ts';
import { readObject, writeObject } from './elf.ts';
import type { ProgramObject } from './program-object.ts';
import { readVariables, writeVariables } from './variable-section.ts';

const SOURCE = `#include <qdisc/v5.h>
struct pair { __u32 a; __u32 b; };
static __always_inline __u32 twice(__u32 x) { __u32 y = x + x; return y; }
SEC("qdisc/enqueue") int e(struct sch_bpf_ctx *ctx) {
	struct pair p = { 1, 2 };
	__u32 length = ctx->skb->len;
	p.a = twice(length);
	for (int i = 0; i < 10; i++) p.b += length >> i;
	return p.a > p.b ? SCH_BPF_QUEUED : SCH_BPF_DROP;
}`;

function build(level: 0 | 2): ProgramObject {
  const { object } = compile({ path: 'v.bpf.c', text: SOURCE }, { profile: null, optimise: level, cpu: 'v3' });
  return object ?? expect.fail('does not compile');
}

describe('variables in an ELF object', () => {
  it.each([0, 2] as const)('are the same after writing and reading, at level %d', (level) => {
    const object = build(level);
    const { object: again } = readObject(writeObject(object), 'v');
    const shown = ({ functions, files }: ProgramObject): unknown =>
      functions.map(({ name, variables }) => [
        name,
        variables?.calls.map((call) => ({ ...call, file: files[call.file]?.path })),
        variables?.variables.map((one) => ({ ...one, type: one.type.kind, file: files[one.file]?.path })),
      ]);
    expect(again === null ? null : shown(again)).toEqual(shown(object));
    const names = object.functions[0]?.variables?.variables.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['ctx', 'p', 'length', 'i']));
  });

  it('are absent where the section is damaged, and nothing throws', () => {
    const tables = (build(2).functions[0]?.variables ?? expect.fail('no table')) as NonNullable<
      ProgramObject['functions'][number]['variables']
    >;
    const bytes = writeVariables(
      [{ section: 's', slot: 0, table: tables }],
      () => 1,
      () => 'v.bpf.c',
    );
    const read = (damaged: Uint8Array) =>
      readVariables(
        damaged,
        () => INT,
        () => 0,
      );
    expect(read(bytes)[0]?.table.variables).toHaveLength(tables.variables.length);
    for (let length = 0; length < bytes.length; length++) expect(read(bytes.subarray(0, length))).toEqual([]);
    const random = { state: new Int32Array(PRNG_STATE_WORDS), at: 0 };
    seedStream(random, 7, 'variables');
    for (let round = 0; round < 2000; round++) {
      const damaged = bytes.slice();
      for (let i = 0; i < 3; i++) damaged[nextBelow(random, damaged.length)] = nextBelow(random, 256);
      for (const { table } of read(damaged)) {
        for (const [index, call] of table.calls.entries()) expect(call.parent).toBeLessThan(index);
        for (const { call } of table.variables) expect(call).toBeLessThan(table.calls.length);
      }
    }
  });
});
