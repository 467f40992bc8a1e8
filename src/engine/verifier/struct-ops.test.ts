// Rules of struct_ops programs, each with a program that breaks it and one beside it that does not, in the kernel's words
// (specification section 4). Numbers in messages are set aside.

import { describe, expect, it } from 'vitest';
import { compile } from '../compiler/compile.ts';
import { judgeStructOps } from '../struct-ops-object.ts';
import { type QdiscCase, type QdiscCaseFile, sourceOfQdiscCase, withoutNumbers } from './qdisc-cases.ts';
import type { KernelVersion } from './verify.ts';

const FILE: QdiscCaseFile = {
  prelude: `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "bpf_experimental.h"
#include "bpf_qdisc_common.h"
#ifndef LICENCE
#define LICENCE "GPL"
#endif
char _license[] SEC("license") = LICENCE;
struct packet { u64 when; struct sk_buff __kptr *skb; struct bpf_list_node node; };
struct ranked { u64 rank; struct sk_buff __kptr *skb; struct bpf_rb_node node; };
struct shared { u64 n; struct bpf_list_node l; struct bpf_rb_node r; struct bpf_refcount ref; };
private(A) struct bpf_spin_lock la;
private(A) struct bpf_list_head qa __contains(packet, node);
private(B) struct bpf_spin_lock lb;
private(B) struct bpf_list_head qb __contains(packet, node);
private(T) struct bpf_spin_lock lt;
private(T) struct bpf_rb_root tree __contains(ranked, node);
struct flow { u64 credit; struct packet __kptr *head; u64 slots[4]; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u64); __type(value, struct flow); __uint(max_entries, 16); } flows SEC(".maps");
struct cell { struct bpf_spin_lock lock; u64 v; struct bpf_list_head q __contains(packet, node); };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, struct cell); __uint(max_entries, 4); } cells SEC(".maps");
u64 seen; u64 table[4]; const volatile u32 knob = 3;
static bool before(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{ return container_of(a, struct ranked, node)->rank < container_of(b, struct ranked, node)->rank; }
`,
  default_bodies: {
    enqueue: 'bpf_qdisc_skb_drop(skb, to_free); return NET_XMIT_DROP;',
    dequeue: 'return NULL;',
    init: 'return 0;',
    reset: '',
    destroy:
      'struct packet *p = bpf_obj_new(typeof(*p)); if (p) bpf_obj_drop(p); struct ranked *r = bpf_obj_new(typeof(*r)); if (r) bpf_obj_drop(r);',
  },
  signatures: {
    enqueue: 'int (struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)',
    dequeue: 'struct sk_buff *(struct Qdisc *sch)',
    init: 'int (struct Qdisc *sch, struct nlattr *opt, struct netlink_ext_ack *extack)',
    reset: 'void (struct Qdisc *sch)',
    destroy: 'void (struct Qdisc *sch)',
  },
  cases: [],
};

/** The verdict as text: `accepted`, or every line that was said. */
function judge(given: Partial<QdiscCase>, kernel: KernelVersion = '7.2'): string {
  const text = sourceOfQdiscCase(FILE, { name: 'case', result: {}, ...given });
  const { object, diagnostics } = compile({ path: 'case.c', text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) return `does not compile: ${diagnostics.map((item) => item.message).join('; ')}`;
  const { verdict } = judgeStructOps(object, kernel);
  return verdict.accepted ? 'accepted' : withoutNumbers([verdict.message ?? '', ...verdict.details].join('\n'));
}

const DROP = ' bpf_qdisc_skb_drop(skb, to_free); return 1;';
/** A node with the packet inside. */
const NODE =
  'struct packet *n = bpf_obj_new(typeof(*n)); if (!n) {' +
  DROP +
  ' } skb = bpf_kptr_xchg(&n->skb, skb); if (skb) bpf_qdisc_skb_drop(skb, to_free); ';
const EMPTY_NODE = `struct packet *n = bpf_obj_new(typeof(*n)); if (!n) {${DROP} } `;
const POP =
  'struct bpf_list_node *l; bpf_spin_lock(&la); l = bpf_list_pop_front(&qa); bpf_spin_unlock(&la); if (!l) return NULL; struct packet *n = container_of(l, struct packet, node); struct sk_buff *skb = NULL; ';
const LEAK = 'Unreleased reference id=N alloc_insn=N\nBPF_EXIT instruction in main prog would lead to reference leak';
const NOT_OWNED = (name: string): string => `release kfunc ${name} expects referenced PTR_TO_BTF_ID passed to RN`;
const SCALAR = "RN invalid mem access 'scalar'";
const IN_LOCK = 'function calls are not allowed while holding a lock';

type Row = readonly [name: string, given: Partial<QdiscCase>, said: string];
const enqueue = (name: string, body: string, said: string, declarations = ''): Row => [
  name,
  { enqueue: body, declarations },
  said,
];
const dequeue = (name: string, body: string, said: string, declarations = ''): Row => [
  name,
  { dequeue: body, declarations },
  said,
];
const OK = 'accepted';

const check = (rows: readonly Row[]): void => {
  it.each(rows)('%s', (_name, given, said) => {
    expect(judge(given)).toBe(said);
  });
};

describe('references', () => {
  check([
    enqueue('a packet forgotten', 'return 0;', LEAK),
    enqueue('dropped on one path only', 'if (skb->len > 9) bpf_qdisc_skb_drop(skb, to_free); return 1;', LEAK),
    enqueue('what a swap gives back forgotten', `${EMPTY_NODE} bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); return 0;`, LEAK),
    dequeue('a popped node forgotten', `${POP} return NULL;`, LEAK),
    dequeue(
      'the second of two packets forgotten',
      `${POP} skb = bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); struct bpf_list_node *k; bpf_spin_lock(&la); k = bpf_list_pop_front(&qa); bpf_spin_unlock(&la); return skb;`,
      LEAK,
    ),
    enqueue('read after drop', 'bpf_qdisc_skb_drop(skb, to_free); seen = skb->len; return 1;', SCALAR),
    enqueue('read after it went into a node', `${NODE} seen = skb->len; bpf_obj_drop(n); return 0;`, SCALAR),
    enqueue('dropped twice', `bpf_qdisc_skb_drop(skb, to_free);${DROP}`, NOT_OWNED('bpf_qdisc_skb_drop')),
    dequeue('an object dropped twice', `${POP} bpf_obj_drop(n); bpf_obj_drop(n); return NULL;`, NOT_OWNED('bpf_obj_drop')),
    dequeue(
      'a packet that the program does not own',
      `${POP} void *o = bpf_kptr_xchg(&n->skb, sch->q.head); if (o) bpf_kfree_skb(o); bpf_obj_drop(n); return NULL;`,
      'release helper bpf_kptr_xchg expects referenced PTR_TO_BTF_ID passed to RN',
    ),
    enqueue(
      'a moved pointer dropped',
      'bpf_kfree_skb((void *)((char *)skb + 8)); return 1;',
      'RN must have zero offset when passed to release func or trusted arg to kfunc',
    ),
    enqueue(
      'a node freed as a packet',
      `${EMPTY_NODE} bpf_kfree_skb((void *)n);${DROP}`,
      'kernel function bpf_kfree_skb RN expected pointer to STRUCT sk_buff but RN has a pointer to STRUCT packet',
    ),
    enqueue('a packet dropped as an object', 'bpf_obj_drop(skb); return 1;', 'RN expected pointer to allocated object'),
    enqueue(
      'the wrong free list',
      'bpf_qdisc_skb_drop(skb, (void *)sch); return 1;',
      'kernel function bpf_qdisc_skb_drop RN expected pointer to STRUCT bpf_sk_buff_ptr but RN has a pointer to STRUCT Qdisc',
    ),
    enqueue(
      'the argument read again after drop',
      'bpf_qdisc_skb_drop(skb, to_free); barrier(); seen = ((struct sk_buff *)((volatile unsigned long long *)ctx)[0])->len; return 1;',
      'invalid bpf_context access off=N. Reference may already be released',
    ),
    dequeue(
      'a number returned',
      'return (void *)1;',
      'At program exit the register RN has smin=N smax=N should have been in [N, N]',
    ),
    dequeue('the qdisc returned', 'return (void *)sch;', 'At program exit the register RN is not a known value (trusted_ptr_)'),
    dequeue('a node returned', `${POP} return (void *)n;`, 'At program exit the register RN is not a known value (ptr_)'),
    dequeue('a packet not owned returned', 'return sch->q.head;', 'At program exit the register RN is not a known value (ptr_)'),
    dequeue(
      'a freed packet returned',
      `${POP} skb = bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); if (!skb) return NULL; bpf_kfree_skb(skb); return skb;`,
      'At program exit the register RN has unknown scalar value should have been in [N, N]',
    ),
    dequeue('a packet returned unchecked', `${POP} skb = bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); return skb;`, OK),
    enqueue(
      'an exception while a packet is held',
      `if (skb->len == 7) bpf_throw(1);${DROP}`,
      'Unreleased reference id=N alloc_insn=N\nbpf_throw would lead to reference leak',
    ),
    enqueue('freed at once', 'bpf_kfree_skb(skb); return 1;', OK),
    enqueue('any number returned', 'bpf_kfree_skb(skb); return 77;', OK),
    enqueue('dropping a node frees its packet', `${NODE} bpf_obj_drop(n); return 0;`, OK),
    enqueue(
      'a second reference forgotten',
      `struct shared *s = bpf_obj_new(typeof(*s)); if (!s) {${DROP} } struct shared *t = bpf_refcount_acquire(s); bpf_obj_drop(s); seen += t->n;${DROP}`,
      LEAK,
    ),
    enqueue(
      'a second reference given back',
      `struct shared *s = bpf_obj_new(typeof(*s)); if (!s) {${DROP} } struct shared *t = bpf_refcount_acquire(s); bpf_obj_drop(s); seen += t->n; bpf_obj_drop(t);${DROP}`,
      OK,
    ),
    enqueue(
      'a second reference without a count',
      `${EMPTY_NODE} struct packet *m = bpf_refcount_acquire(n); bpf_obj_drop(n); bpf_obj_drop(m);${DROP}`,
      "RN doesn't point to a type with bpf_refcount field",
    ),
  ]);
});

describe('NULL and trust', () => {
  check([
    enqueue(
      'a new object used unchecked',
      `struct packet *n = bpf_obj_new(typeof(*n)); n->when = 1; bpf_obj_drop(n);${DROP}`,
      "RN invalid mem access 'ptr_or_null_'",
    ),
    enqueue(
      'a lookup used unchecked',
      `u64 k = 0; struct flow *f = bpf_map_lookup_elem(&flows, &k); f->credit = 1;${DROP}`,
      "RN invalid mem access 'map_value_or_null'",
    ),
    enqueue('a socket used unchecked', `seen = skb->sk->sk_mark;${DROP}`, "RN invalid mem access 'rcu_ptr_or_null_'"),
    enqueue('a socket read once and checked', `struct sock *s = skb->sk; if (s) seen = s->__sk_common.skc_state;${DROP}`, OK),
    dequeue(
      'a removed node used unchecked',
      'struct bpf_rb_node *r; bpf_spin_lock(&lt); r = bpf_rbtree_first(&tree); if (!r) { bpf_spin_unlock(&lt); return NULL; } r = bpf_rbtree_remove(&tree, r); bpf_spin_unlock(&lt); struct ranked *k = container_of(r, struct ranked, node); bpf_obj_drop(k); return NULL;',
      'RN pointer arithmetic on ptr_or_null_ prohibited, null-check it first',
    ),
    dequeue(
      'a swap result freed unchecked',
      `${POP} skb = bpf_kptr_xchg(&n->skb, skb); bpf_obj_drop(n); bpf_kfree_skb(skb); return NULL;`,
      'Possibly NULL pointer passed to trusted RN',
    ),
    enqueue('no free list', 'bpf_qdisc_skb_drop(skb, NULL); return 1;', 'Possibly NULL pointer passed to trusted RN'),
    enqueue('a pointer read from a field', `seen = bpf_skb_get_hash(sch->q.head);${DROP}`, 'RN must be referenced or trusted'),
    enqueue('the hash of the packet', `seen = bpf_skb_get_hash(skb);${DROP}`, OK),
    enqueue('the device behind the qdisc', `seen = sch->dev_queue->dev->mtu;${DROP}`, OK),
    enqueue('bytes behind a pointer', `seen = skb->data[12];${DROP}`, OK),
  ]);
});

describe('locks', () => {
  check([
    enqueue(
      'a push without a lock',
      `${NODE} bpf_list_push_back(&qa, &n->node); return 0;`,
      'bpf_spin_lock at off=N must be held for bpf_list_head',
    ),
    enqueue(
      'a push under the lock',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->node); bpf_spin_unlock(&la); return 0;`,
      OK,
    ),
    enqueue(
      'a push under another lock',
      `${NODE} bpf_spin_lock(&lb); bpf_list_push_back(&qa, &n->node); bpf_spin_unlock(&lb); return 0;`,
      'held lock and object are not in the same allocation\nbpf_spin_lock at off=N must be held for bpf_list_head',
    ),
    dequeue(
      'a tree looked at without its lock',
      'struct bpf_rb_node *r = bpf_rbtree_first(&tree); if (r) seen++; return NULL;',
      'bpf_spin_lock at off=N must be held for bpf_rb_root',
    ),
    enqueue('a helper under the lock', `bpf_spin_lock(&la); seen = bpf_ktime_get_ns(); bpf_spin_unlock(&la);${DROP}`, IN_LOCK),
    enqueue(
      'a kernel function under the lock',
      `bpf_spin_lock(&la); seen = bpf_skb_get_hash(skb); bpf_spin_unlock(&la);${DROP}`,
      IN_LOCK,
    ),
    enqueue(
      'an allocation under the lock',
      `bpf_spin_lock(&la); struct packet *n = bpf_obj_new(typeof(*n)); bpf_spin_unlock(&la); if (n) bpf_obj_drop(n);${DROP}`,
      IN_LOCK,
    ),
    enqueue('two locks', `bpf_spin_lock(&la); bpf_spin_lock(&lb); bpf_spin_unlock(&lb); bpf_spin_unlock(&la);${DROP}`, IN_LOCK),
    enqueue('the other lock given back', `bpf_spin_lock(&la); bpf_spin_unlock(&lb);${DROP}`, 'bpf_spin_unlock of different lock'),
    enqueue('a lock given back that is not held', `bpf_spin_unlock(&la);${DROP}`, 'bpf_spin_unlock without taking a lock'),
    enqueue(
      'an end under the lock',
      'bpf_qdisc_skb_drop(skb, to_free); bpf_spin_lock(&la); if (sch->limit == 3) return 1; bpf_spin_unlock(&la); return 1;',
      'BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region',
    ),
    enqueue(
      'another field taken for the lock',
      `bpf_spin_lock((void *)&qa); bpf_spin_unlock((void *)&qa);${DROP}`,
      "off N doesn't point to 'struct bpf_spin_lock' that is at N",
    ),
    enqueue(
      'a static function under the lock',
      `bpf_spin_lock(&la); seen = twice(seen); bpf_spin_unlock(&la);${DROP}`,
      OK,
      'static __noinline u64 twice(u64 x) { return x * 2 + table[1]; }',
    ),
    enqueue(
      'a global function under the lock',
      `bpf_spin_lock(&la); seen = twice(4); bpf_spin_unlock(&la);${DROP}`,
      'global function calls are not allowed while holding a lock,\nuse static function instead',
      '__noinline int twice(int x) { return x * 2 + table[1]; }',
    ),
    enqueue(
      'the qdisc written under the lock',
      `bpf_spin_lock(&la); sch->q.qlen++; sch->qstats.backlog += skb->len; bpf_spin_unlock(&la);${DROP}`,
      OK,
    ),
    enqueue(
      'a list inside a map value',
      `${NODE} u32 k = 1; struct cell *c = bpf_map_lookup_elem(&cells, &k); if (!c) { bpf_obj_drop(n); return 1; } bpf_spin_lock(&c->lock); c->v++; bpf_list_push_back(&c->q, &n->node); bpf_spin_unlock(&c->lock); return 0;`,
      OK,
    ),
    enqueue(
      'the lock of another map value',
      `${NODE} u32 k = skb == NULL ? sch->limit : 1, j = sch->handle; struct cell *c = bpf_map_lookup_elem(&cells, &k); if (!c) { bpf_obj_drop(n); return 1; } struct cell *d = bpf_map_lookup_elem(&cells, &j); if (!d) { bpf_obj_drop(n); return 1; } bpf_spin_lock(&d->lock); bpf_list_push_back(&c->q, &n->node); bpf_spin_unlock(&d->lock); return 0;`,
      'held lock and object are not in the same allocation\nbpf_spin_lock at off=N must be held for bpf_list_head',
    ),
    enqueue(
      'a lock where user space could reach it',
      `bpf_spin_lock(&bare); bpf_spin_unlock(&bare);${DROP}`,
      "map 'case.bss': failed to re-mmap() contents: -ENOTSUPP\nmap 'case.bss': failed to create: -ENOTSUPP",
      'struct bpf_spin_lock bare;',
    ),
  ]);
});

const ADD = (order: string): string =>
  `struct ranked *n = bpf_obj_new(typeof(*n)); if (!n) {${DROP} } n->rank = skb->len; skb = bpf_kptr_xchg(&n->skb, skb); if (skb) bpf_qdisc_skb_drop(skb, to_free); bpf_spin_lock(&lt); bpf_rbtree_add(&tree, &n->node, ${order}); bpf_spin_unlock(&lt); return 0;`;

describe('lists and trees', () => {
  check([
    enqueue(
      'a node used after unlock',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->node); bpf_spin_unlock(&la); n->when = 1; return 0;`,
      SCALAR,
    ),
    enqueue(
      'a node used before unlock',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->node); n->when = 1; bpf_spin_unlock(&la); return 0;`,
      OK,
    ),
    enqueue(
      'a node pushed twice',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->node); bpf_list_push_back(&qa, &n->node); bpf_spin_unlock(&la); return 0;`,
      'RN expected pointer to allocated object',
    ),
    enqueue(
      'a pushed node dropped',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->node); bpf_spin_unlock(&la); bpf_obj_drop(n); return 0;`,
      NOT_OWNED('bpf_obj_drop'),
    ),
    enqueue(
      'a node of another structure',
      `struct shared *n = bpf_obj_new(typeof(*n)); if (!n) {${DROP} } bpf_spin_lock(&la); bpf_list_push_back(&qa, &n->l); bpf_spin_unlock(&la);${DROP}`,
      'operation on bpf_list_head expects arg#N bpf_list_node at offset=N in struct packet, but arg is at offset=N in struct shared',
    ),
    enqueue(
      'a lock taken for a list',
      `${NODE} bpf_spin_lock(&la); bpf_list_push_back((void *)&la, &n->node); bpf_spin_unlock(&la); return 0;`,
      'bpf_list_head not found at offset=N',
    ),
    enqueue('a list read directly', `seen = *(u64 *)&qa;${DROP}`, 'bpf_list_head cannot be accessed directly by load/store'),
    enqueue(
      'a node read directly',
      `${EMPTY_NODE} seen = *(u64 *)&n->node; bpf_obj_drop(n);${DROP}`,
      'direct access to bpf_list_node is disallowed',
    ),
    enqueue(
      'a list that says not what it contains',
      `bpf_spin_lock(&le); bpf_spin_unlock(&le);${DROP}`,
      "map '.data.E' has no valid bpf_spin_lock",
      'private(E) struct bpf_spin_lock le; private(E) struct bpf_list_head qe;',
    ),
    [
      'both nodes without a count',
      {
        declarations: 'struct two { struct bpf_list_node l; struct bpf_rb_node r; };',
        reset: 'struct two *t = bpf_obj_new(typeof(*t)); if (t) bpf_obj_drop(t);',
      },
      "Error loading .BTF into kernel: -EINVAL. BTF is mandatory, can't proceed.",
    ],
    enqueue('a tree in order', ADD('before'), OK),
    enqueue(
      'an order that returns anything',
      ADD('wild'),
      'At callback return the register RN has smin=N smax=N should have been in [N, N]',
      'static u32 wild_value(struct bpf_rb_node *a) { return container_of(a, struct ranked, node)->rank; } static int wild_(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return wild_value(a); }\n#define wild ((void *)wild_)',
    ),
    enqueue(
      'an order that unlocks',
      ADD('bad'),
      "can't spin_{lock,unlock} in rbtree cb",
      'static bool bad(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_spin_unlock(&lt); return 1; }',
    ),
    enqueue(
      'an order that removes',
      ADD('bad'),
      'bpf_rbtree_remove not allowed in rbtree cb',
      'static bool bad(struct bpf_rb_node *a, const struct bpf_rb_node *b) { bpf_rbtree_remove(&tree, a); return 1; }',
    ),
    enqueue(
      'an order that calls',
      ADD('bad'),
      IN_LOCK,
      'static bool bad(struct bpf_rb_node *a, const struct bpf_rb_node *b) { return bpf_ktime_get_ns() & 1; }',
    ),
    dequeue(
      'the first of a tree',
      'struct bpf_rb_node *r; struct sk_buff *skb = NULL; bpf_spin_lock(&lt); r = bpf_rbtree_first(&tree); if (!r) { bpf_spin_unlock(&lt); return NULL; } r = bpf_rbtree_remove(&tree, r); bpf_spin_unlock(&lt); if (!r) return NULL; struct ranked *k = container_of(r, struct ranked, node); skb = bpf_kptr_xchg(&k->skb, skb); bpf_obj_drop(k); if (skb) bpf_qdisc_bstats_update(sch, skb); return skb;',
      OK,
    ),
    dequeue(
      'the first of a tree after unlock',
      'struct bpf_rb_node *r; bpf_spin_lock(&lt); r = bpf_rbtree_first(&tree); bpf_spin_unlock(&lt); if (r) seen = container_of(r, struct ranked, node)->rank; return NULL;',
      SCALAR,
    ),
    dequeue(
      'a node put back',
      `${POP} bpf_spin_lock(&la); bpf_list_push_front(&qa, &n->node); bpf_spin_unlock(&la); bpf_qdisc_watchdog_schedule(sch, bpf_ktime_get_ns() + 9, 0); return NULL;`,
      OK,
    ),
  ]);
});

const LOOKUP = 'u64 k = 0; struct flow *f = bpf_map_lookup_elem(&flows, &k); ';

describe('owned pointers', () => {
  check([
    enqueue(
      'stored directly into an object',
      `${EMPTY_NODE} n->skb = skb; bpf_obj_drop(n); return 0;`,
      'direct access to kptr is disallowed',
    ),
    enqueue(
      'read directly from an object',
      `${EMPTY_NODE} seen = (u64)n->skb; bpf_obj_drop(n);${DROP}`,
      'direct access to kptr is disallowed',
    ),
    enqueue(
      'stored directly into a map',
      `${EMPTY_NODE}${LOOKUP} if (f) f->head = n; bpf_obj_drop(n);${DROP}`,
      'store to referenced kptr disallowed',
    ),
    enqueue('read from a map', `${LOOKUP} if (f) { struct packet *p = f->head; if (p) seen = p->when; }${DROP}`, OK),
    enqueue(
      'read from a map unchecked',
      `${LOOKUP} if (f) { struct packet *p = f->head; seen = p->when; }${DROP}`,
      "RN invalid mem access 'rcu_ptr_or_null_'",
    ),
    enqueue(
      'read from a map and dropped',
      `${LOOKUP} if (f) { struct packet *p = f->head; if (p) bpf_obj_drop(p); }${DROP}`,
      NOT_OWNED('bpf_obj_drop'),
    ),
    enqueue(
      'swapped with a number',
      `${EMPTY_NODE}${LOOKUP} void *o = n; if (f) o = bpf_kptr_xchg(&f->credit, n); if (o) bpf_obj_drop(o);${DROP}`,
      "off=N doesn't point to kptr",
    ),
    enqueue(
      'swapped where none is',
      `${EMPTY_NODE} void *o = bpf_kptr_xchg(&table[0], n); if (o) bpf_obj_drop(o);${DROP}`,
      'RN has no valid kptr',
    ),
    enqueue(
      'swapped with another structure',
      `${EMPTY_NODE} struct packet *m = bpf_obj_new(typeof(*m)); if (!m) { bpf_obj_drop(n);${DROP} } void *o = bpf_kptr_xchg(&n->skb, (void *)m); if (o) bpf_kfree_skb(o); bpf_obj_drop(n);${DROP}`,
      'invalid kptr access, RN type=ptr_packet expected=ptr_sk_buff',
    ),
    enqueue(
      'swapped into a map',
      `${EMPTY_NODE}${LOOKUP} if (!f) { bpf_obj_drop(n);${DROP} } n = bpf_kptr_xchg(&f->head, n); if (n) bpf_obj_drop(n);${DROP}`,
      OK,
    ),
  ]);
});

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

const VIEW = 'struct bpf_dynptr d; bpf_dynptr_from_skb((void *)skb, 0, &d); ';

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
