// What struct_ops programs may read, write, call and register: each rule with a program that breaks it and one that does not,
// in the kernel's words (specification 4.6 to 4.10, 1.1, 8). Numbers in messages are set aside.

import { describe, expect, it } from 'vitest';
import {
  DROP,
  dequeue,
  enqueue,
  judge,
  LEAK,
  LOOKUP,
  NODE,
  NOT_OWNED,
  OK,
  POP,
  type Row,
  SCALAR,
  VIEW,
} from '../../../tests/struct-ops-programs.ts';
import type { QdiscCase } from './qdisc-cases.ts';

const check = (rows: readonly Row[]): void => {
  it.each(rows)('%s', (_name, given, said) => {
    expect(judge(given)).toBe(said);
  });
};

describe('memory', () => {
  check([
    [
      'no such argument',
      { init: 'seen = ctx[3]; return 0;' },
      "func 'init' doesn't have N-th argument\ninvalid bpf_context access off=N size=N",
    ],
    enqueue(
      'the context written',
      `((volatile unsigned long long *)ctx)[0] = 0;${DROP}`,
      'invalid bpf_context access off=N size=N',
    ),
    enqueue(
      'a read-only field',
      `skb->len = 4;${DROP}`,
      'no write support to sk_buff at off N\nRN cannot write into ptr_sk_buff at off=N size=N',
    ),
    enqueue(
      'the priority',
      `skb->priority = 4;${DROP}`,
      'no write support to sk_buff at off N\nRN cannot write into ptr_sk_buff at off=N size=N',
    ),
    [
      'flags of the qdisc',
      { init: 'sch->flags = 4; return 0;' },
      'no write support to Qdisc at off N\nRN cannot write into ptr_Qdisc at off=N size=N',
    ],
    enqueue(
      'the device',
      `sch->dev_queue->dev->mtu = 4;${DROP}`,
      'only read is supported\nRN cannot write into ptr_net_device at off=N size=N',
    ),
    enqueue(
      'the free list',
      `to_free->skb = NULL;${DROP}`,
      'only read is supported\nRN cannot write into ptr_bpf_sk_buff_ptr at off=N size=N',
    ),
    enqueue(
      'past a field',
      `*(u64 *)&qdisc_skb_cb(skb)->data[16] = 4;${DROP}`,
      'write access at off N with size N beyond the member of sk_buff ended at N\nRN cannot write into ptr_sk_buff at off=N size=N',
    ),
    enqueue(
      'everything that may be written',
      `skb->tstamp = 4; *(u64 *)&qdisc_skb_cb(skb)->data[12] = 4; sch->limit = 5; sch->q.qlen = 1; sch->qstats.drops++; sch->qstats.backlog = 7; __sync_fetch_and_add(&sch->q.qlen, 1);${DROP}`,
      OK,
    ),
    enqueue(
      'beyond the structure',
      `seen = *(u64 *)((char *)skb + 4096);${DROP}`,
      'access beyond struct sk_buff at off N size N',
    ),
    enqueue(
      'at an unknown place',
      `seen = *(u64 *)((char *)skb + (sch->limit & 7) * 8);${DROP}`,
      'RN is ptr_sk_buff invalid variable offset: off=N, var_off=(N; N)',
    ),
    enqueue('a number as an address', `seen = *(u64 *)(long)(sch->limit);${DROP}`, SCALAR),
    enqueue(
      'one too far',
      `u32 i = sch->limit; if (i <= 4) seen = table[i];${DROP}`,
      'invalid access to map value, value_size=N off=N size=N\nRN max value is outside of the allowed memory range',
    ),
    enqueue(
      'no bound',
      `u32 i = sch->limit; seen = table[i];${DROP}`,
      'RN unbounded memory access, make sure to bounds check any such access',
    ),
    enqueue('constants written', `*(volatile u32 *)&knob = 4;${DROP}`, 'write into map forbidden, value_size=N off=N size=N'),
    enqueue(
      'a tail call',
      `bpf_tail_call(ctx, &jumps, 0);${DROP}`,
      'program with __ref argument cannot tail call',
      'struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(key_size, 4); __uint(value_size, 4); __uint(max_entries, 1); } jumps SEC(".maps");',
    ),
    enqueue(
      'kernel pointers kept as numbers',
      `u64 k = 0; struct flow f = {}; f.credit = (u64)skb; table[0] = (u64)skb; bpf_map_update_elem(&flows, &k, &f, 0);${DROP}`,
      OK,
    ),
  ]);
});

describe('views and iterators', () => {
  check([
    enqueue('a slice', `${VIEW} struct ethhdr *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (e) seen = e->h_proto;${DROP}`, OK),
    enqueue(
      'a slice unchecked',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); seen = e[1];${DROP}`,
      "RN invalid mem access 'rdonly_mem_or_null'",
    ),
    enqueue(
      'past a slice',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (e) seen = e[14];${DROP}`,
      'invalid access to memory, mem_size=N off=N size=N\nRN min value is outside of the allowed memory range',
    ),
    enqueue(
      'a slice written',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (e) e[0] = 1;${DROP}`,
      'RN cannot write into rdonly_mem',
    ),
    enqueue(
      'a slice of unknown size',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, sch->limit & 7); if (e) seen = 1;${DROP}`,
      'RN must be a known constant',
    ),
    enqueue(
      'a slice to write',
      `${VIEW} char *e = bpf_dynptr_slice_rdwr(&d, 0, NULL, 14); if (e) e[0] = 1;${DROP}`,
      'the prog does not allow writes to packet data',
    ),
    enqueue(
      'a view after its packet',
      `${VIEW} bpf_qdisc_skb_drop(skb, to_free); char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (e) seen = e[0]; return 1;`,
      'Expected an initialized dynptr as RN',
    ),
    enqueue(
      'a clone after its packet',
      `${VIEW} struct bpf_dynptr c; bpf_dynptr_clone(&d, &c); bpf_qdisc_skb_drop(skb, to_free); seen = bpf_dynptr_size(&c); return 1;`,
      'Expected an initialized dynptr as RN',
    ),
    enqueue(
      'a slice after its packet',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (!e) {${DROP} } bpf_qdisc_skb_drop(skb, to_free); seen = e[0]; return 1;`,
      SCALAR,
    ),
    enqueue(
      'a slice after a function freed its packet',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (!e) {${DROP} } done(skb); seen = e[0]; return 1;`,
      SCALAR,
      'static __noinline int done(struct sk_buff *skb) { bpf_kfree_skb(skb); return 0; }',
    ),
    enqueue(
      'a slice of a clone outlives the first view',
      `${VIEW} struct bpf_dynptr c; bpf_dynptr_clone(&d, &c); char *e = bpf_dynptr_slice(&c, 0, NULL, 14); *(volatile u64 *)&d = 0; if (e) seen = e[0];${DROP}`,
      OK,
    ),
    enqueue(
      'a slice of an overwritten view',
      `${VIEW} char *e = bpf_dynptr_slice(&d, 0, NULL, 14); if (!e) {${DROP} } *(volatile u64 *)&d = 0; seen = e[0];${DROP}`,
      SCALAR,
    ),
    enqueue(
      'a view never made',
      `struct bpf_dynptr d; barrier_var(skb); seen = bpf_dynptr_size(&d);${DROP}`,
      'Expected an initialized dynptr as RN',
    ),
    enqueue('counting', `int i; bpf_for(i, 0, 10) seen += i;${DROP}`, OK),
    enqueue('counting to an unknown number', `int i; bpf_for(i, 0, sch->limit) { if (i >= 0 && i < 4) table[i]++; }${DROP}`, OK),
    enqueue(
      'an iterator never started',
      `struct bpf_iter_num it; int *p = bpf_iter_num_next(&it); if (p) seen = *p; bpf_iter_num_destroy(&it);${DROP}`,
      'expected an initialized iter_num as RN',
    ),
    enqueue(
      'an iterator started twice',
      `struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); bpf_iter_num_new(&it, 0, 3); bpf_iter_num_destroy(&it);${DROP}`,
      'expected uninitialized iter_num as RN',
    ),
    enqueue('an iterator not ended', `struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3);${DROP}`, LEAK),
    enqueue(
      'a number after its iterator',
      `struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); int *p = bpf_iter_num_next(&it); bpf_iter_num_destroy(&it); if (p) seen = *p;${DROP}`,
      SCALAR,
    ),
    enqueue(
      'a loop without end over an iterator',
      `struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); for (;;) { int *p = bpf_iter_num_next(&it); if (p) seen += *p; barrier(); }${DROP}`,
      'infinite loop detected at insn N',
    ),
    enqueue('dropped inside a loop', `int i; bpf_for(i, 0, 3) { bpf_qdisc_skb_drop(skb, to_free); } return 1;`, LEAK),
  ]);
});

describe('functions and callbacks', () => {
  check([
    enqueue('a callback', `bpf_loop(4, turn, NULL, 0);${DROP}`, OK, 'static long turn(u32 i, void *c) { seen += i; return 0; }'),
    enqueue(
      'a callback for all',
      `bpf_loop(4, turn, NULL, 0);${DROP}`,
      'callback function not static',
      '__noinline long turn(u32 i, void *c) { return 0; }',
    ),
    enqueue(
      'a callback that returns anything',
      `bpf_loop(4, turn, NULL, 0);${DROP}`,
      'At callback return the register RN has smin=N smax=N should have been in [N, N]',
      'static long turn(u32 i, void *c) { return (u32)table[1]; }',
    ),
    enqueue(
      'a callback that frees the packet',
      'struct c { struct sk_buff *skb; } c = { skb }; bpf_loop(4, turn, &c, 0); return 1;',
      LEAK,
      'struct held { struct sk_buff *skb; }; static long turn(u32 i, struct held *c) { bpf_kfree_skb(c->skb); return 0; }',
    ),
    enqueue(
      'a callback that forgets an object',
      `bpf_loop(4, turn, NULL, 0);${DROP}`,
      LEAK,
      'static long turn(u32 i, void *c) { struct packet *n = bpf_obj_new(typeof(*n)); return 0; }',
    ),
    enqueue(
      'recursion',
      `seen = again(sch->limit);${DROP}`,
      'recursive call from again() to again()',
      'static __noinline int again(int x) { if (x <= 0) return 0; volatile int y = x; int r = again(y - 1); return r + y; }',
    ),
    enqueue(
      'a static function that frees',
      'seen = done(skb); return 1;',
      OK,
      'static __noinline int done(struct sk_buff *skb) { bpf_kfree_skb(skb); return 0; }',
    ),
    enqueue(
      'a global function with a kernel structure',
      `seen = look(skb);${DROP}`,
      "access beyond struct (anon) at off N size N\nCaller passes invalid args into func#N ('look')",
      '__noinline int look(struct sk_buff *skb) { return skb->len; }',
    ),
    enqueue(
      'a global function with a trusted structure',
      `seen = look(skb);${DROP}`,
      OK,
      '__noinline int look(struct sk_buff *skb __arg_trusted) { return skb->len; }',
    ),
    enqueue(
      'a global function that frees',
      `seen = look(skb);${DROP}`,
      NOT_OWNED('bpf_kfree_skb'),
      '__noinline int look(struct sk_buff *skb __arg_trusted) { bpf_kfree_skb(skb); return 0; }',
    ),
    enqueue(
      'a global function, wrong by itself',
      `seen = look(1);${DROP}`,
      'RN unbounded memory access, make sure to bounds check any such access',
      '__noinline int look(u32 i) { return table[i]; }',
    ),
    enqueue(
      'six arguments',
      `seen = six(1, 2, 3, 4, sch->limit, 6);${DROP}`,
      'callee expects N args, stack arg1 is not initialized',
      'static __noinline int six(int a, int b, int c, int d, int e, int f) { volatile int z = a + b + c + d + e + f; return z; }',
    ),
  ]);
});

describe('the table of operations', () => {
  const extra = (member: string, program: string): Partial<QdiscCase> => ({ declarations: program, extra_members: member });
  const invalid = "Error: can't register struct_ops xq: Invalid argument";
  check([
    ['everything in place', {}, OK],
    [
      'peek',
      extra('.peek = (void *)look,', 'SEC("struct_ops") struct sk_buff *BPF_PROG(look, struct Qdisc *sch) { return NULL; }'),
      'attach to unsupported member peek of struct Qdisc_ops',
    ],
    ['flags', { extra_members: '.static_flags = 4,' }, invalid],
    ['private data', { extra_members: '.priv_size = 64,' }, invalid],
    ['no name', { omit_members: ['id'] }, invalid],
    [
      'no dequeue',
      { omit_members: ['dequeue'] },
      "prog 'x_deq': SEC(\"struct_ops\") program isn't referenced anywhere, did you forget to use it?",
    ],
    [
      'a name that is taken',
      { omit_members: ['id'], extra_members: '.id = "pfifo",' },
      "Error: can't register struct_ops xq: File exists",
    ],
    ['a name with a blank', { omit_members: ['id'], extra_members: '.id = "a b",' }, invalid],
    dequeue(
      'drop in dequeue',
      `${POP} skb = bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); if (skb) bpf_qdisc_skb_drop(skb, (void *)sch); return NULL;`,
      'calling kernel function bpf_qdisc_skb_drop is not allowed',
    ),
    [
      'the timer in init',
      { init: 'bpf_qdisc_watchdog_schedule(sch, 1, 0); return 0;' },
      'calling kernel function bpf_qdisc_watchdog_schedule is not allowed',
    ],
    enqueue(
      'statistics in enqueue',
      `bpf_qdisc_bstats_update(sch, skb);${DROP}`,
      'calling kernel function bpf_qdisc_bstats_update is not allowed',
    ),
    [
      'a hidden function',
      { reset: 'bpf_qdisc_reset_destroy_epilogue(sch);' },
      'calling kernel function bpf_qdisc_reset_destroy_epilogue is not allowed',
    ],
    enqueue(
      'a helper of classifiers',
      `bpf_skb_ecn_set_ce((void *)ctx);${DROP}`,
      'program of this type cannot use helper bpf_skb_ecn_set_ce#N',
    ),
    ['options that the kernel may leave out', { init: 'return opt->nla_len;' }, OK],
  ]);
});

describe('older kernels', () => {
  it('words that changed', () => {
    expect(judge({ enqueue: `bpf_qdisc_skb_drop(skb, to_free);${DROP}` }, '6.18')).toBe(
      'arg#N pointer type STRUCT sk_buff must point to scalar, or struct with scalar',
    );
    expect(judge({ enqueue: `skb->len = 4;${DROP}` }, '6.18')).toBe('no write support to sk_buff at off N');
    expect(judge({ enqueue: 'bpf_qdisc_skb_drop(skb, NULL); return 1;' }, '6.17')).toBe(
      'Possibly NULL pointer passed to trusted arg1',
    );
  });
  it('a view that outlives its packet', () => {
    expect(judge({ enqueue: `${VIEW} bpf_qdisc_skb_drop(skb, to_free); seen = bpf_dynptr_size(&d); return 1;` }, '6.18')).toBe(
      'accepted',
    );
  });
});

describe('never accepted', () => {
  check([
    enqueue(
      'a helper that writes an owned pointer',
      `${LOOKUP} if (f) bpf_probe_read_kernel(&f->head, 8, sch);${DROP}`,
      'kptr cannot be accessed indirectly by helper',
    ),
    enqueue(
      'a helper that reads a lock',
      `u32 k = 1; struct cell *c = bpf_map_lookup_elem(&cells, &k); if (c) bpf_trace_printk((void *)c, 4);${DROP}`,
      'bpf_spin_lock cannot be accessed directly by load/store',
    ),
    enqueue(
      'a store through a pointer that may be stale',
      `sch->q.head->tstamp = 1;${DROP}`,
      'only read is supported\nRN cannot write into ptr_sk_buff at off=N size=N',
    ),
    enqueue(
      'a slice that outlives its packet in another frame',
      'char *e = look(skb); if (!e) { bpf_qdisc_skb_drop(skb, to_free); return 1; } bpf_qdisc_skb_drop(skb, to_free); seen = e[0]; return 1;',
      SCALAR,
      'static __noinline char *look(struct sk_buff *skb) { struct bpf_dynptr d; bpf_dynptr_from_skb((void *)skb, 0, &d); return bpf_dynptr_slice(&d, 0, NULL, 14); }',
    ),
    enqueue(
      'a global function that takes the packet from the context',
      'bpf_qdisc_skb_drop(skb, to_free); seen = look(ctx); return 1;',
      'invalid bpf_context access off=N. Reference may already be released',
      '__noinline int look(unsigned long long *ctx __arg_ctx) { return ((struct sk_buff *)ctx[0])->len; }',
    ),
    enqueue(
      'one element locked, the list of another pushed to',
      `${NODE} u32 a = 1, b = sch->handle & 3; struct cell *c = bpf_map_lookup_elem(&cells, &a); struct cell *d = bpf_map_lookup_elem(&cells, &b); if (!c || !d) { bpf_obj_drop(n); return 1; } bpf_spin_lock(&c->lock); bpf_list_push_back(&d->q, &n->node); bpf_spin_unlock(&c->lock); return 0;`,
      'held lock and object are not in the same allocation\nbpf_spin_lock at off=N must be held for bpf_list_head',
    ),
    enqueue(
      'a section left open',
      `bpf_rcu_read_lock();${DROP}`,
      'BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region',
    ),
    enqueue(
      'a section closed that is not open',
      `bpf_rcu_read_unlock();${DROP}`,
      'unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)',
    ),
    enqueue(
      'preemption left off',
      `bpf_preempt_disable();${DROP}`,
      'BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region',
    ),
  ]);
});
