// What struct_ops programs own, check, lock and link: each rule with a program that breaks it and one that does not, in the
// kernel's words (specification 4.1 to 4.5). Numbers in messages are set aside.

import { describe, expect, it } from 'vitest';
import {
  DROP,
  dequeue,
  EMPTY_NODE,
  enqueue,
  IN_LOCK,
  judge,
  LEAK,
  LOOKUP,
  NODE,
  NOT_OWNED,
  OK,
  POP,
  type Row,
  SCALAR,
} from '../../../tests/struct-ops-programs.ts';

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
