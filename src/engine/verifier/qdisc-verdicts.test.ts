// Verdicts, error numbers and messages against those recorded from three kernels (../shared/data/qdisc-verdicts), through our
// own compiler; and the layout the verifier has of kernel structures against the headers.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../tests/struct-ops-programs.ts';
import { type CType, sizeOf } from '../abi/ctype.ts';
import { kernelStruct } from '../abi/kernel-structs.ts';
import { kfuncNamed } from '../abi/kfuncs.ts';
import { compile } from '../compiler/compile.ts';
import { judgeStructOps } from '../struct-ops-object.ts';
import { isQdiscCaseFile, type QdiscCase, type QdiscCaseFile, sourceOfQdiscCase, withoutNumbers } from './qdisc-cases.ts';
import type { KernelVersion } from './verify.ts';

const PATH = '../shared/data/qdisc-verdicts/cases.json';
const present = existsSync(PATH);
if (!present) console.warn(`skipped: recorded verdicts on qdiscs, because ${PATH} is absent`);

function readCases(): QdiscCaseFile {
  const value: unknown = JSON.parse(readFileSync(PATH, 'utf8'));
  if (!isQdiscCaseFile(value)) throw new Error(`${PATH} is no file of qdisc cases`);
  return value;
}

const KERNELS: readonly (readonly [recorded: string, kernel: KernelVersion])[] = [
  ['7.2.13', '7.2'],
  ['6.18.15', '6.18'],
  ['6.17.13', '6.17'],
];
const ERRNO: Readonly<Record<string, number>> = { '-E2BIG': 7, '-EACCES': 13, '-EFAULT': 14, '-EINVAL': 22, '-ENOTSUPP': 524 };

/** Known differences in wording, each with its reason. */
const WORDED_DIFFERENTLY: ReadonlyMap<string, string> = new Map([
  [
    'write_cb_data_over',
    'clang splits the store of 8 bytes into two of 4, because the struct is only aligned to 4; ours is one store',
  ],
]);

interface Difference {
  readonly name: string;
  readonly kernel: KernelVersion;
  readonly got: string;
  readonly wanted: string;
}

function differences(file: QdiscCaseFile, given: QdiscCase): Difference[] {
  const source = { path: `${given.name}.c`, text: sourceOfQdiscCase(file, given) };
  const { object, diagnostics } = compile(source, { profile: null, optimise: 2, cpu: 'v3' });
  const found: Difference[] = [];
  for (const [recorded, kernel] of KERNELS) {
    const wanted = given.result[recorded];
    if (wanted === undefined) {
      // The compiler refuses it, as clang does.
      if (object !== null) found.push({ name: given.name, kernel, got: 'compiles', wanted: 'refused by the compiler' });
      continue;
    }
    if (object === null) {
      found.push({ name: given.name, kernel, got: diagnostics.map((item) => item.message).join('; '), wanted: wanted.verdict });
      continue;
    }
    const { verdict } = judgeStructOps(object, kernel);
    const lines = [verdict.message ?? '', ...verdict.details].map(withoutNumbers);
    const theirs = (wanted.messages ?? ['']).map(withoutNumbers);
    const errno = wanted.errno === null || wanted.errno === undefined ? verdict.errno : (ERRNO[wanted.errno] ?? -1);
    const got = `${verdict.accepted ? 'accepted' : 'rejected'} ${verdict.errno} ${lines.join(' / ')}`;
    const expected = `${wanted.verdict} ${errno} ${theirs.join(' / ')}`;
    const sameVerdict = verdict.accepted === (wanted.verdict === 'accepted') && verdict.errno === errno;
    if (got !== expected && !(sameVerdict && WORDED_DIFFERENTLY.has(given.name)))
      found.push({ name: given.name, kernel, got, wanted: expected });
  }
  return found;
}

describe.skipIf(!present)('recorded verdicts of Linux 7.2, 6.18 and 6.17 on qdiscs', () => {
  it('verdict, error number and message of every case', () => {
    const file = readCases();
    expect(file.cases.length).toBeGreaterThan(80);
    expect(file.cases.flatMap((given) => differences(file, given))).toEqual([]);
  }, 60_000);
});

/** Named members with their places, inner structures by tag. */
function shapeOf(type: CType | null): readonly (readonly [string | null, number, number])[] {
  return type?.kind === 'struct' ? (type.members ?? []).map((m) => [m.name, m.offset, sizeOf(m.type)] as const) : [];
}

describe('kernel structures', () => {
  const tags = [
    'sk_buff',
    'Qdisc',
    'qdisc_skb_head',
    'gnet_stats_queue',
    'netdev_queue',
    'net_device',
    'sock',
    'sock_common',
    'nlattr',
  ];
  const variables = tags.map((tag, i) => `struct ${tag} v${i};`).join('\n');
  const { object } = compile(
    { path: 'layout.c', text: `#include <vmlinux.h>\n${variables}\nint f(void) { return sizeof(v0); }` },
    { profile: null, optimise: 0, cpu: 'v3', requireProfile: false },
  );
  it.each(tags)('%s is laid out as the header says', (tag) => {
    const declared = object?.maps
      .flatMap((map) => map.data?.variables ?? [])
      .map((variable) => variable.type)
      .find((type) => type.kind === 'struct' && type.tag === tag);
    expect(shapeOf(declared ?? null).length).toBeGreaterThan(0);
    expect(shapeOf(kernelStruct(tag))).toEqual(shapeOf(declared ?? null));
  });

  it('knows both names of the functions that changed theirs', () => {
    for (const name of ['bpf_obj_new', 'bpf_obj_drop', 'bpf_refcount_acquire', 'bpf_list_push_back', 'bpf_rbtree_add']) {
      expect(kfuncNamed(name)?.since).toBe('7.0');
      expect(kfuncNamed(`${name}_impl`)?.args.length).toBeGreaterThan(kfuncNamed(name)?.args.length ?? 0);
    }
  });

  it('refuses on older kernels what came later', () => {
    const body = 'bpf_spin_lock(&la); if (bpf_list_empty(&qa)) seen++; bpf_spin_unlock(&la); bpf_kfree_skb(skb); return 1;';
    expect(judge({ enqueue: body })).toBe('accepted');
    expect(judge({ enqueue: body }, '6.18')).toBe("kfunc 'bpf_list_empty' is referenced but wasn't resolved");
  });
});
