// How long the compiler takes, in milliseconds: a gallery program of 350 lines, code of a struct_ops qdisc, and 3,000 lines joined from
// gallery programs under new names; the first compilation in a fresh process, and warm ones at the 95th percentile. The sources are made here
// from the repository's own, the same every time.

import { readFileSync } from 'node:fs';
import { compile } from '../src/engine/compiler/compile.ts';
import { renderDiagnostic } from '../src/engine/index.ts';

const GALLERY = 'public/gallery';
/** Programs of profile lab, which can stand in one file. */
const PARTS = ['fq_codel', 'codel', 'linux_tbf', 'pfifo_fast'] as const;
/** Compilations before the measured ones: a worker that has been typed in for a while. */
const WARM_UP = 60;
const LIMIT = { short: 100, long: 25 } as const;

/** Names that a file of the gallery defines at file level. */
function definedNames(text: string): Set<string> {
  const found = new Set<string>();
  const patterns = [/^#define (\w+)/gm, /^struct (\w+) \{/gm, /^(?:static|SEC\("[^"]*"\))[\w\s*]*?(\w+)\(/gm, /^\} (\w+) SEC/gm];
  for (const pattern of patterns) for (const [, name] of text.matchAll(pattern)) if (name !== undefined) found.add(name);
  for (const [declaration] of text.matchAll(/^(?:static|const)[^(){}]*;/gm))
    for (const [, name] of declaration.replace(/=[^,;]*/g, '').matchAll(/(\w+)\s*(?:\[[^\]]*\])*\s*[,;]/g))
      if (name !== undefined) found.add(name);
  return found;
}

/** One program with every name of its own numbered. */
function numbered(program: string, number: number): string {
  const text = readFileSync(`${GALLERY}/${program}.bpf.c`, 'utf8')
    .replace(/^#include.*\n/gm, '')
    .replace(/^.*SEC\("license"\).*\n/gm, '');
  const names = definedNames(text);
  return text.replace(/(?<!["\w.>])\b[A-Za-z_]\w*\b/g, (word) => (names.has(word) ? `${word}_${number}` : word));
}

/** A file of at least so many lines. */
function longSource(lines: number): string {
  let text = '#include <qdisc/lab.h>\n#include <linux/pkt_cls.h>\n#include <linux/errno.h>\n';
  for (let number = 0; text.split('\n').length < lines; number++)
    text += numbered(PARTS[number % PARTS.length] ?? 'codel', number);
  return `${text}char _license[] SEC("license") = "GPL";\n`;
}

/** A qdisc in the manner of the kernel's bpf_qdisc_fq: flows in a map, trees and lists of objects, callbacks, loops. */
function structOpsSource(): string {
  const flows = Array.from(
    { length: 12 },
    (_, n) => `
static int classify_${n}(struct sk_buff *skb, struct Qdisc *sch, u64 now)
{
	u64 key = skb->hash ^ ((u64)skb->priority << ${n});
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);
	struct flow fresh = {};

	if (!flow) {
		fresh.credit = quantum + ${n};
		fresh.age = now;
		if (bpf_map_update_elem(&flows, &key, &fresh, 1))
			return -1;
		flow = bpf_map_lookup_elem(&flows, &key);
		if (!flow)
			return -1;
	}
	if (now - flow->age > horizon) {
		flow->credit += quantum;
		flow->age = now;
		seen[${n}]++;
	}
	for (int i = 0; i < 4; i++)
		flow->slots[i] = flow->slots[i] * 3 + skb->len / (i + 1);
	return flow->credit > skb->len ? ${n} : sch->q.qlen & 7;
}
`,
  ).join('');
  const calls = Array.from({ length: 12 }, (_, n) => `	case ${n}:\n		return classify_${n}(skb, sch, now);\n`).join('');
  return `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bpf_experimental.h"
#include "bpf_qdisc_common.h"
char _license[] SEC("license") = "GPL";
struct packet { u64 when; struct sk_buff __kptr *skb; struct bpf_list_node node; };
struct flow { u64 credit; u64 age; u64 slots[4]; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u64); __type(value, struct flow); __uint(max_entries, 1024); } flows SEC(".maps");
private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head list __contains(packet, node);
const volatile u32 quantum = 1514;
const volatile u64 horizon = 1000000;
u64 seen[16];
${flows}
static int classify(struct sk_buff *skb, struct Qdisc *sch, u64 now)
{
	switch (skb->mark & 15) {
${calls}	}
	return 0;
}
SEC("struct_ops/put") int BPF_PROG(put, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{
	struct packet *p;
	int class = classify(skb, sch, bpf_ktime_get_ns());

	if (class < 0 || sch->q.qlen >= sch->limit)
		goto drop;
	p = bpf_obj_new(typeof(*p));
	if (!p)
		goto drop;
	p->when = skb->tstamp + class;
	skb = bpf_kptr_xchg(&p->skb, skb);
	if (skb)
		bpf_qdisc_skb_drop(skb, to_free);
	bpf_spin_lock(&lock);
	bpf_list_push_back(&list, &p->node);
	bpf_spin_unlock(&lock);
	sch->q.qlen++;
	return NET_XMIT_SUCCESS;
drop:
	bpf_qdisc_skb_drop(skb, to_free);
	return NET_XMIT_DROP;
}
SEC("struct_ops/take") struct sk_buff *BPF_PROG(take, struct Qdisc *sch)
{
	struct bpf_list_node *node;
	struct sk_buff *skb = NULL;
	struct packet *p;

	bpf_spin_lock(&lock);
	node = bpf_list_pop_front(&list);
	bpf_spin_unlock(&lock);
	if (!node)
		return NULL;
	p = container_of(node, struct packet, node);
	skb = bpf_kptr_xchg(&p->skb, skb);
	bpf_obj_drop(p);
	if (!skb)
		return NULL;
	sch->q.qlen--;
	bpf_qdisc_bstats_update(sch, skb);
	return skb;
}
SEC(".struct_ops") struct Qdisc_ops measured = { .enqueue = (void *)put, .dequeue = (void *)take, .id = "measured" };
`;
}

/** Milliseconds of one compilation. */
function time(text: string): number {
  const started = process.hrtime.bigint();
  const { object, diagnostics } = compile(
    { path: 'measured.bpf.c', text },
    { profile: null, optimise: 2, cpu: 'v3', variables: false },
  );
  const taken = Number(process.hrtime.bigint() - started) / 1e6;
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  return taken;
}

const percentile = (sorted: readonly number[], part: number): number =>
  Math.round((sorted[Math.floor((sorted.length - 1) * part)] ?? 0) * 10) / 10;

export function run(): Record<string, unknown> {
  const sources = {
    fq_codel: readFileSync(`${GALLERY}/fq_codel.bpf.c`, 'utf8'),
    struct_ops: structOpsSource(),
    long: longSource(3000),
  };
  const result: Record<string, unknown> = { name: 'compile-time' };
  result.first_ms = Math.round(time(sources.fq_codel));
  for (let i = 0; i < WARM_UP; i++) time(sources.fq_codel);
  for (const [name, text] of Object.entries(sources)) {
    const rounds = name === 'long' ? LIMIT.long : LIMIT.short;
    for (let i = 0; i < 5; i++) time(text);
    const samples = Array.from({ length: rounds }, () => time(text)).sort((a, b) => a - b);
    result[`${name}_lines`] = text.split('\n').length;
    result[`${name}_median_ms`] = percentile(samples, 0.5);
    result[`${name}_p95_ms`] = percentile(samples, 0.95);
  }
  return result;
}
