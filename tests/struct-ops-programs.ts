// Small Qdisc_ops programs for tests: a prelude with objects, lists, trees and maps, and bodies put into it. For tests only.

import { compile } from '../src/engine/compiler/compile.ts';
import { judgeStructOps } from '../src/engine/struct-ops-object.ts';
import { type QdiscCase, type QdiscCaseFile, sourceOfQdiscCase, withoutNumbers } from '../src/engine/verifier/qdisc-cases.ts';
import type { KernelVersion } from '../src/engine/verifier/verify.ts';

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
export function judge(given: Partial<QdiscCase>, kernel: KernelVersion = '7.2'): string {
  const text = sourceOfQdiscCase(FILE, { name: 'case', result: {}, ...given });
  const { object, diagnostics } = compile({ path: 'case.c', text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) return `does not compile: ${diagnostics.map((item) => item.message).join('; ')}`;
  const { verdict } = judgeStructOps(object, kernel);
  return verdict.accepted ? 'accepted' : withoutNumbers([verdict.message ?? '', ...verdict.details].join('\n'));
}

export const DROP = ' bpf_qdisc_skb_drop(skb, to_free); return 1;';
/** A node with the packet inside. */
export const NODE =
  'struct packet *n = bpf_obj_new(typeof(*n)); if (!n) {' +
  DROP +
  ' } skb = bpf_kptr_xchg(&n->skb, skb); if (skb) bpf_qdisc_skb_drop(skb, to_free); ';
export const EMPTY_NODE = `struct packet *n = bpf_obj_new(typeof(*n)); if (!n) {${DROP} } `;
export const POP =
  'struct bpf_list_node *l; bpf_spin_lock(&la); l = bpf_list_pop_front(&qa); bpf_spin_unlock(&la); if (!l) return NULL; struct packet *n = container_of(l, struct packet, node); struct sk_buff *skb = NULL; ';
export const LEAK = 'Unreleased reference id=N alloc_insn=N\nBPF_EXIT instruction in main prog would lead to reference leak';
export const NOT_OWNED = (name: string): string => `release kfunc ${name} expects referenced PTR_TO_BTF_ID passed to RN`;
export const SCALAR = "RN invalid mem access 'scalar'";
export const IN_LOCK = 'function calls are not allowed while holding a lock';

export type Row = readonly [name: string, given: Partial<QdiscCase>, said: string];
export const enqueue = (name: string, body: string, said: string, declarations = ''): Row => [
  name,
  { enqueue: body, declarations },
  said,
];
export const dequeue = (name: string, body: string, said: string, declarations = ''): Row => [
  name,
  { dequeue: body, declarations },
  said,
];
export const OK = 'accepted';

export const LOOKUP = 'u64 k = 0; struct flow *f = bpf_map_lookup_elem(&flows, &k); ';
export const VIEW = 'struct bpf_dynptr d; bpf_dynptr_from_skb((void *)skb, 0, &d); ';
