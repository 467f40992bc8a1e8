// Objects for other hooks: verified under their own rules; recorded verdicts of a real kernel where they are at hand.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareObject } from './build.ts';
import { compile } from './compiler/compile.ts';
import { readObject } from './object/elf.ts';

const SHARED = '../shared/data/objects';
const OPTIONS = { profile: null, quirks: [], set: {} } as const;

function prepare(text: string) {
  const source = { path: 'test.bpf.c', text: `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n${text}` };
  const { object, diagnostics } = compile(source, { profile: null, optimise: 2, cpu: 'v3', requireProfile: true });
  if (object === null) throw new Error(diagnostics.map((item) => item.message).join('\n'));
  return prepareObject(object, OPTIONS);
}

describe('programs that are no qdiscs', () => {
  it('are verified under the rules of their hook', () => {
    const { verdict, programs, attachable, diagnostics } = prepare(`
SEC("tc") int classify(struct __sk_buff *skb) { skb->priority = skb->len; return 0; }
SEC("xdp") int pass(struct xdp_md *ctx) { void *end = (void *)(long)ctx->data_end, *data = (void *)(long)ctx->data;
	return data + 14 > end ? XDP_DROP : XDP_PASS; }
char LICENSE[] SEC("license") = "GPL";`);
    expect(verdict).toMatchObject({ accepted: true, stage: 'load' });
    expect(programs.map(({ linked, accepted }) => [linked.name, accepted])).toEqual([
      ['classify', true],
      ['pass', true],
    ]);
    expect(attachable).toBeNull();
    expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([['warning', 'no-qdisc']]);
  });

  it('are refused in the kernel’s words', () => {
    const { verdict } = prepare(`SEC("socket") int look(struct __sk_buff *skb) { skb->tc_index = 1; return skb->data; }`);
    expect(verdict).toMatchObject({ accepted: false, message: expect.stringMatching(/^invalid bpf_context access/) });
  });
});

interface Recorded {
  readonly object: string;
  readonly programs?: readonly { readonly name: string; readonly 'linux_6.18_load'?: string }[];
}

describe.skipIf(!existsSync(SHARED))('objects of clang', () => {
  if (!existsSync(SHARED)) console.warn(`${SHARED} is not there: objects of clang are not verified`);
  const index = existsSync(SHARED)
    ? (JSON.parse(readFileSync(`${SHARED}/index.json`, 'utf8')) as Recorded[] | { objects: Recorded[] })
    : [];
  const recorded = Array.isArray(index) ? index : index.objects;
  it.each(recorded.filter(({ programs }) => (programs ?? []).length > 0))(
    '$object: as Linux',
    ({ object: file, programs = [] }) => {
      const { object } = readObject(new Uint8Array(readFileSync(`${SHARED}/${file}`)), file);
      if (object === null) throw new Error('not readable');
      const verdicts = prepareObject(object, OPTIONS).programs;
      for (const program of programs) {
        const ours = verdicts.find(({ linked }) => linked.name === program.name);
        expect(ours?.accepted ? 'accept' : 'reject', program.name).toBe(program['linux_6.18_load']);
      }
    },
  );
});
