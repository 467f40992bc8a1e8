// Objects as the world's tools see them: what we write is read by llvm-objdump, readelf, bpftool and libbpf's open phase (which
// `bpftool gen skeleton` runs) without complaint, and initial slots of maps survive writing, reading and clang. Programs that are
// not on the machine are skipped, loudly.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { headersOf } from '../abi/headers.ts';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { readObject, writeObject } from '../object/elf.ts';
import type { ProgramObject } from '../object/program-object.ts';
import { compile } from './compile.ts';

const folder = mkdtempSync(join(tmpdir(), 'objects-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The first of several names under which a program is installed; null, and a word about it, when none is. */
function installed(...names: readonly string[]): string | null {
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) console.warn(`SKIPPED: objects are not shown to ${names[0]}, which is not on this machine`);
  return found ?? null;
}

const OBJDUMP = installed('llvm-objdump-14', 'llvm-objdump');
const READELF = installed('readelf');
const BPFTOOL = installed('/usr/sbin/bpftool', 'bpftool');
const CLANG = installed('clang-14', 'clang');

function build(text: string, optimise: 0 | 2 = 2): ProgramObject {
  const options = { profile: null, optimise, cpu: 'v3', requireProfile: false } as const;
  const { object, diagnostics } = compile({ path: 'one.bpf.c', text }, options);
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  return object;
}

const SLOTS = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); };
struct inner first SEC(".maps"), second SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 9); __type(key, __u32); __array(values, struct inner); } outer SEC(".maps")
	= { .values = { &first, &second, [7] = &first } };
SEC("tc") int one(struct __sk_buff *skb) { return 1; }
SEC("tc") int two(struct __sk_buff *skb) { return 2; }
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __uint(key_size, 4); __array(values, int (void *)); } jump SEC(".maps")
	= { .values = { [1] = (void *)&one, [3] = (void *)&two } };
SEC("tc") int entry(struct __sk_buff *skb) { __u32 k = 1; return bpf_map_lookup_elem(&outer, &k) != 0; }
char _license[] SEC("license") = "GPL";
`;

const DATA = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
const char text[] SEC(".rodata.text") = "abc"; int own[3] SEC(".data.own") = {1, 2, 3};
int set = 4; static int zero; const volatile int knob = 5;
extern int CONFIG_HZ __kconfig; extern _Bool CONFIG_NO_SUCH __kconfig __weak;
static __attribute__((noinline)) int far(int x) { return x * own[1]; }
static long each(__u32 i, void *ctx) { *(int *)ctx += i; return 0; }
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, __u32); __type(value, struct { int a; long b; }); } table SEC(".maps");
SEC("tc") int entry(struct __sk_buff *skb) { zero++; __sync_fetch_and_add(&set, 1); int n = 0; bpf_for_each_map_elem(&table, each, &n, 0);
	return far(knob) + text[1] + zero + n + (CONFIG_NO_SUCH ? CONFIG_HZ : 0); }
char _license[] SEC("license") = "GPL";
`;

const QDISC = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bpf_experimental.h"
#include "bpf_qdisc_common.h"
struct packet { u64 when; struct sk_buff __kptr *skb; struct bpf_list_node node; };
private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head list __contains(packet, node);
SEC("struct_ops/put") int BPF_PROG(put, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free) {
	struct packet *p = bpf_obj_new(typeof(*p));
	if (!p) { bpf_qdisc_skb_drop(skb, to_free); return NET_XMIT_DROP; }
	p->when = skb->tstamp + sch->q.qlen;
	skb = bpf_kptr_xchg(&p->skb, skb);
	if (skb) bpf_qdisc_skb_drop(skb, to_free);
	bpf_spin_lock(&lock); bpf_list_push_back(&list, &p->node); bpf_spin_unlock(&lock);
	return NET_XMIT_SUCCESS;
}
SEC("struct_ops/take") struct sk_buff *BPF_PROG(take, struct Qdisc *sch) { return NULL; }
SEC(".struct_ops") struct Qdisc_ops fifo = { .enqueue = (void *)put, .dequeue = (void *)take, .id = "bpf_fifo" };
char _license[] SEC("license") = "GPL";
`;

const SOURCES: readonly (readonly [name: string, text: string])[] = [
  ['slots', SLOTS],
  ['data', DATA],
  ['qdisc', QDISC],
  ['fq_codel', readFileSync('public/gallery/fq_codel.bpf.c', 'utf8')],
];

/** Runs a tool; fails with what it said unless it is content. */
function content(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  expect([status, stderr], `${tool} ${args.join(' ')}`).toEqual([0, '']);
  expect(stdout).not.toMatch(/\bwarning\b/i);
  return stdout;
}

describe.each(SOURCES)('the object of %s', (name, text) => {
  const path = join(folder, `${name}.o`);
  const object = build(text);
  writeFileSync(path, writeObject(object));

  it.skipIf(OBJDUMP === null)('disassembles, every function named', () => {
    const listing = content(OBJDUMP ?? '', ['-dr', path]);
    for (const fn of object.functions) expect(listing).toContain(`<${fn.name}>:`);
    expect(listing.includes('<unknown>'), 'an instruction that the tool does not know').toBe(false);
  });

  it.skipIf(READELF === null)('is a well-formed ELF file', () => {
    const listing = content(READELF ?? '', ['-aW', path]);
    expect(listing).toContain('Linux BPF');
    for (const { name: map, data } of object.maps) if (data?.section !== '.kconfig') expect(listing).toContain(map.slice(0, 20));
  });

  it.skipIf(BPFTOOL === null)('has BTF that bpftool prints, as types and as C', () => {
    const listing = content(BPFTOOL ?? '', ['btf', 'dump', 'file', path]);
    for (const fn of object.functions) expect(listing).toContain(`FUNC '${fn.name}'`);
    expect(content(BPFTOOL ?? '', ['btf', 'dump', 'file', path, 'format', 'c'])).toContain('#ifndef');
  });

  // The RFC's map types and calls are in no kernel: libbpf need not open such an object.
  it.skipIf(BPFTOOL === null || object.profile === 'lab')('is opened by libbpf, with its maps and programs', () => {
    const skeleton = content(BPFTOOL ?? '', ['gen', 'skeleton', path]);
    for (const { name: map, data } of object.maps) if (data === null) expect(skeleton).toContain(`struct bpf_map *${map};`);
    for (const { name: program, section } of object.functions)
      if (section !== '.text') expect(skeleton).toContain(`struct bpf_program *${program};`);
  });
});

const slotsOf = ({ maps, functions }: ProgramObject): readonly string[] =>
  maps.flatMap(({ name, slots = [] }) =>
    slots.map(({ index, kind, target }) => `${name}[${index}] = ${(kind === 'map' ? maps : functions)[target]?.name}`),
  );
const EXPECTED_SLOTS = ['outer[0] = first', 'outer[1] = second', 'outer[7] = first', 'jump[1] = one', 'jump[3] = two'] as const;

describe('slots of maps', () => {
  it('are in the object, at every level, and come back from the written file', () => {
    for (const level of [0, 2] as const) {
      const object = build(SLOTS, level);
      expect(slotsOf(object)).toEqual(EXPECTED_SLOTS);
      const again = readObject(writeObject(object), 'one');
      expect(again.diagnostics).toEqual([]);
      expect(slotsOf(again.object ?? expect.fail())).toEqual(EXPECTED_SLOTS);
    }
  });

  it.skipIf(CLANG === null)('are read from clang objects alike', () => {
    for (const { path, text } of headersOf(null)) {
      mkdirSync(dirname(join(folder, 'include', path)), { recursive: true });
      writeFileSync(join(folder, 'include', path), text);
    }
    const [source, out] = [join(folder, 'slots.c'), join(folder, 'slots.clang.o')];
    writeFileSync(source, SLOTS);
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-w', '-nostdinc', '-I', join(folder, 'include')];
    content(CLANG ?? '', [...flags, '-c', source, '-o', out]);
    const { object, diagnostics } = readObject(readFileSync(out), 'slots');
    expect(diagnostics).toEqual([]);
    expect(slotsOf(object ?? expect.fail())).toEqual(EXPECTED_SLOTS);
  });

  it('are refused where nothing can stand in them', () => {
    const text = SLOTS.replace('&first, &second', '&first, (void *)&limit').replace(
      'struct inner first',
      'int limit; struct inner first',
    );
    const { diagnostics } = compile(
      { path: 'one.bpf.c', text },
      { profile: null, optimise: 2, cpu: 'v3', requireProfile: false },
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['map-definition']);
  });
});
