// Programs of an object run on a frame: maps of every kind, what the loader puts in, tail calls; both engines.

import { describe, expect, it } from 'vitest';
import { compile } from './compiler/compile.ts';
import { readObject, writeObject } from './object/elf.ts';
import { type ObjectOutcome, runObjectProgram } from './unverified-object.ts';

const HEAD = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
`;
const LICENCE = 'char LICENSE[] SEC("license") = "GPL";\n';

/** Compiles, writes the ELF object, reads it back and runs a program with both engines, which must agree. */
function run(body: string, program = 'prog'): ObjectOutcome {
  const source = { path: 'test.bpf.c', text: `${HEAD}${body}${LICENCE}` };
  const { object, diagnostics } = compile(source, { profile: null, optimise: 2, cpu: 'v3', requireProfile: false });
  if (object === null) throw new Error(diagnostics.map((item) => item.message).join('\n'));
  const read = readObject(writeObject(object), 'test');
  if (read.object === null) throw new Error('the object cannot be read back');
  const frame = new Uint8Array(64);
  const [a, b] = (['interpreter', 'jit'] as const).map((engine) =>
    runObjectProgram(read.object ?? expect.fail(), program, frame, engine),
  );
  expect(b).toEqual(a);
  return a ?? expect.fail();
}

const TAILS = `
int second(struct __sk_buff *skb);
int again(struct __sk_buff *skb);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __uint(key_size, 4); __array(values, int(void *)); }
	jmp SEC(".maps") = { .values = { [1] = (void *)&second, [2] = (void *)&again } };
int total;
SEC("tc") int second(struct __sk_buff *skb) { total += 100; return total; }
SEC("tc") int again(struct __sk_buff *skb) { total++; bpf_tail_call(skb, &jmp, 2); return total; }
`;

describe('tail calls', () => {
  it('go on in another program, past empty slots', () => {
    const outcome = run(`${TAILS}SEC("tc") int prog(struct __sk_buff *skb)
{ bpf_tail_call(skb, &jmp, 0); bpf_tail_call(skb, &jmp, 9); total++; bpf_tail_call(skb, &jmp, 1); return -1; }\n`);
    expect(outcome).toMatchObject({ r0: 101, error: null });
  });

  it('end after 33 in a chain', () => {
    expect(run(TAILS, 'again')).toMatchObject({ r0: 34, error: null });
  });
});

describe('maps that the loader and programs fill', () => {
  it('finds an array inside an array of maps and a hash of maps', () => {
    const outcome = run(`
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } one SEC(".maps"), two SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 3); __type(key, __u32); __array(values, struct inner); }
	outer SEC(".maps") = { .values = { &one, [2] = &two } };
SEC("tc") int prog(struct __sk_buff *skb) {
	__u32 zero = 0, result = 0;
	for (__u32 k = 0; k < 4; k++) {
		void *m = bpf_map_lookup_elem(&outer, &k);
		if (!m) { result += 1000; continue; }
		__u32 *v = bpf_map_lookup_elem(m, &zero);
		if (v) { *v += k + 1; result += *v; }
	}
	return result;
}\n`);
    expect(outcome).toMatchObject({ r0: 2004, error: null });
    expect(outcome.maps.one).toEqual([['00000000', '01000000']]);
    expect(outcome.maps.two).toEqual([['00000000', '03000000']]);
  });

  it('keeps ring buffer records until somebody reads them, and refuses what does not fit', () => {
    const outcome = run(`
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } rb SEC(".maps");
SEC("tc") int prog(struct __sk_buff *skb) {
	__u32 *r = bpf_ringbuf_reserve(&rb, 8, 0);
	if (!r) return -1;
	r[0] = 7; r[1] = 8;
	bpf_ringbuf_submit(r, 0);
	__u64 v = 5;
	int first = bpf_ringbuf_output(&rb, &v, 8, 0), count = 2;
	while (count < 1000 && bpf_ringbuf_output(&rb, &v, 8, 0) == 0) count++;
	return first * 100000 + count * 10000 + bpf_ringbuf_query(&rb, BPF_RB_AVAIL_DATA);
}\n`);
    expect(outcome).toMatchObject({ r0: 256 * 10_000 + 4096, error: null });
  });

  it('makes room in an LRU hash by the entry unused for the longest time', () => {
    const outcome = run(`
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 3); __type(key, __u32); __type(value, __u32); } lru SEC(".maps");
SEC("tc") int prog(struct __sk_buff *skb) {
	for (__u32 k = 0; k < 3; k++) bpf_map_update_elem(&lru, &k, &k, BPF_ANY);
	__u32 k = 0;
	bpf_map_lookup_elem(&lru, &k);
	k = 7;
	return bpf_map_update_elem(&lru, &k, &k, BPF_ANY);
}\n`);
    expect(outcome).toMatchObject({ r0: 0, error: null });
    expect(outcome.maps.lru?.map(([key]) => key).sort()).toEqual(['00000000', '02000000', '07000000']);
  });

  it('has one processor', () => {
    const outcome = run(`
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); } pc SEC(".maps");
SEC("tc") int prog(struct __sk_buff *skb) {
	__u32 k = 1;
	__u64 *v = bpf_map_lookup_percpu_elem(&pc, &k, bpf_get_smp_processor_id());
	if (!v || bpf_map_lookup_percpu_elem(&pc, &k, 1)) return -1;
	*v = 9;
	return 1;
}\n`);
    expect(outcome).toMatchObject({ r0: 1, error: null });
    expect(outcome.maps.pc?.[1]).toEqual(['01000000', '0900000000000000']);
  });
});
