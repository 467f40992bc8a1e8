// struct_ops qdiscs: the shapes of the kernel's own BPF qdiscs (fifo, fq, packet views) compile, and the object says which program
// is which op, which types it has and which kernel functions it calls; all of it survives the written ELF object.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bare, type CType } from '../abi/ctype.ts';
import { kernelStruct } from '../abi/kernel-structs.ts';
import { KFUNCS } from '../abi/kfuncs.ts';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { prepareObject } from '../build.ts';
import { disassemble } from '../isa/disassemble.ts';
import { readObject, writeObject } from '../object/elf.ts';
import { linkProgram } from '../object/link.ts';
import type { ProgramObject } from '../object/program-object.ts';
import { type CompileOptions, compile } from './compile.ts';

const HEADERS = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "bpf_experimental.h"
#include "bpf_qdisc_common.h"
char _license[] SEC("license") = "GPL";
`;

const DEFAULT: Readonly<Record<string, string>> = {
  enqueue: `SEC("struct_ops") int BPF_PROG(q_enqueue, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{ bpf_qdisc_skb_drop(skb, to_free); return NET_XMIT_DROP; }`,
  dequeue: 'SEC("struct_ops") struct sk_buff *BPF_PROG(q_dequeue, struct Qdisc *sch) { return NULL; }',
  init: `SEC("struct_ops") int BPF_PROG(q_init, struct Qdisc *sch, struct nlattr *opt, struct netlink_ext_ack *extack) { return 0; }`,
  reset: 'SEC("struct_ops") void BPF_PROG(q_reset, struct Qdisc *sch) { }',
  destroy: 'SEC("struct_ops") void BPF_PROG(q_destroy, struct Qdisc *sch) { }',
};
const OPS = ['enqueue', 'dequeue', 'init', 'reset', 'destroy'] as const;

/** A whole qdisc: the given parts, and the shortest possible for the others. */
const qdisc = (declarations: string, ops: Partial<Record<(typeof OPS)[number], string>>, section = '.struct_ops'): string =>
  `${HEADERS}${declarations}
${OPS.map((op) => ops[op] ?? DEFAULT[op]).join('\n')}
SEC("${section}") struct Qdisc_ops q = { ${OPS.map((op) => `.${op} = (void *)q_${op}`).join(', ')}, .id = "q" };
`;

function build(text: string, options: Partial<CompileOptions> = {}): ProgramObject {
  const { object, diagnostics } = compile({ path: 'q.bpf.c', text }, { profile: null, optimise: 2, cpu: 'v3', ...options });
  expect(diagnostics.map(renderDiagnostic).join('\n')).toBe('');
  if (object === null) throw new Error('no object');
  return object;
}

const findings = (text: string): string =>
  compile({ path: 'q.bpf.c', text }, { profile: null, optimise: 2, cpu: 'v3' }).diagnostics.map(renderDiagnostic).join('\n');

const tagOf = (type: CType | undefined): string | null => {
  const record = type === undefined ? null : bare(type);
  return record?.kind === 'struct' ? record.tag : null;
};

const functionNamed = (object: ProgramObject, name: string) => {
  const found = object.functions.find((fn) => fn.name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
};

const FIFO = qdisc(
  `struct skb_node { struct sk_buff __kptr *skb; struct bpf_list_node node; };
private(A) struct bpf_spin_lock q_lock;
private(A) struct bpf_list_head q_head __contains(skb_node, node);
static bool init_called;`,
  {
    enqueue: `SEC("struct_ops/q_enqueue") int BPF_PROG(q_enqueue, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{
	struct skb_node *skbn;
	u32 pkt_len;

	if (sch->q.qlen == sch->limit)
		goto drop;
	skbn = bpf_obj_new(typeof(*skbn));
	if (!skbn)
		goto drop;
	pkt_len = qdisc_pkt_len(skb);
	sch->q.qlen++;
	skb = bpf_kptr_xchg(&skbn->skb, skb);
	if (skb)
		bpf_qdisc_skb_drop(skb, to_free);
	bpf_spin_lock(&q_lock);
	bpf_list_push_back(&q_head, &skbn->node);
	bpf_spin_unlock(&q_lock);
	sch->qstats.backlog += pkt_len;
	return NET_XMIT_SUCCESS;
drop:
	bpf_qdisc_skb_drop(skb, to_free);
	return NET_XMIT_DROP;
}`,
    dequeue: `SEC("struct_ops/q_dequeue") struct sk_buff *BPF_PROG(q_dequeue, struct Qdisc *sch)
{
	struct bpf_list_node *node;
	struct sk_buff *skb = NULL;
	struct skb_node *skbn;

	bpf_spin_lock(&q_lock);
	node = bpf_list_pop_front(&q_head);
	bpf_spin_unlock(&q_lock);
	if (!node)
		return NULL;
	skbn = container_of(node, struct skb_node, node);
	skb = bpf_kptr_xchg(&skbn->skb, skb);
	bpf_obj_drop(skbn);
	if (!skb)
		return NULL;
	sch->qstats.backlog -= qdisc_pkt_len(skb);
	bpf_qdisc_bstats_update(sch, skb);
	sch->q.qlen--;
	return skb;
}`,
    init: `SEC("struct_ops/q_init") int BPF_PROG(q_init, struct Qdisc *sch, struct nlattr *opt, struct netlink_ext_ack *extack)
{ sch->limit = 1000; init_called = true; return 0; }`,
    reset: `SEC("struct_ops/q_reset") void BPF_PROG(q_reset, struct Qdisc *sch)
{
	struct bpf_list_node *node;
	struct skb_node *skbn;
	int i;

	bpf_for(i, 0, sch->q.qlen) {
		struct sk_buff *skb = NULL;
		bpf_spin_lock(&q_lock);
		node = bpf_list_pop_front(&q_head);
		bpf_spin_unlock(&q_lock);
		if (!node)
			break;
		skbn = container_of(node, struct skb_node, node);
		skb = bpf_kptr_xchg(&skbn->skb, skb);
		if (skb)
			bpf_kfree_skb(skb);
		bpf_obj_drop(skbn);
	}
	sch->q.qlen = 0;
}`,
  },
);

const FQ = qdisc(
  `extern int CONFIG_HZ __kconfig;
struct skb_node { u64 tstamp; struct sk_buff __kptr *skb; struct bpf_rb_node node; };
struct flow_node { int credit; u32 qlen; u64 age; struct bpf_list_node list_node; struct bpf_rb_node rb_node;
	struct bpf_rb_root queue __contains(skb_node, node); struct bpf_spin_lock lock; struct bpf_refcount refcount; };
struct stashed { struct flow_node __kptr *flow; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u64); __type(value, struct stashed); __uint(max_entries, 64); } flows SEC(".maps");
private(D) struct bpf_spin_lock delayed_lock;
private(D) struct bpf_rb_root delayed __contains(flow_node, rb_node);
private(N) struct bpf_spin_lock new_lock;
private(N) struct bpf_list_head new_flows __contains(flow_node, list_node);
struct ctx { u64 now; bool stop; };
static struct { u64 horizon; u32 dropped; } q_data;
static bool by_age(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{ return container_of(a, struct flow_node, rb_node)->age < container_of(b, struct flow_node, rb_node)->age; }
static int unset(u32 index, struct ctx *ctx)
{
	struct bpf_rb_node *node;
	bpf_spin_lock(&delayed_lock);
	node = bpf_rbtree_first(&delayed);
	if (!node || container_of(node, struct flow_node, rb_node)->age > ctx->now) {
		bpf_spin_unlock(&delayed_lock);
		ctx->stop = true;
		return 1;
	}
	node = bpf_rbtree_remove(&delayed, node);
	bpf_spin_unlock(&delayed_lock);
	if (node)
		bpf_obj_drop(container_of(node, struct flow_node, rb_node));
	return 0;
}
static int remove_old(struct bpf_map *map, __u64 *hash, struct stashed *s, struct ctx *ctx)
{
	if (*hash == ctx->now)
		bpf_map_delete_elem(map, hash);
	return 0;
}`,
  {
    enqueue: `SEC("struct_ops") int BPF_PROG(q_enqueue, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{
	struct flow_node *flow = NULL, *copy;
	struct stashed tmp = {}, *s;
	u64 hash = bpf_skb_get_hash(skb);
	u64 jiffies = bpf_jiffies64();
	struct sock *sk = skb->sk;

	if (sk && (TCPF_LISTEN >> sk->__sk_common.skc_state) & 1)
		hash = sk->__sk_common.skc_hash;
	s = bpf_map_lookup_elem(&flows, &hash);
	if (!s) {
		flow = bpf_obj_new(typeof(*flow));
		if (!flow)
			goto drop;
		flow->credit = 2 * sch->dev_queue->dev->mtu;
		flow->age = jiffies + CONFIG_HZ;
		copy = bpf_refcount_acquire(flow);
		bpf_map_update_elem(&flows, &hash, &tmp, BPF_ANY);
		s = bpf_map_lookup_elem(&flows, &hash);
		if (!s) {
			bpf_obj_drop(copy);
			goto drop_flow;
		}
		copy = bpf_kptr_xchg(&s->flow, copy);
		if (copy)
			bpf_obj_drop(copy);
		bpf_spin_lock(&delayed_lock);
		bpf_rbtree_add(&delayed, &flow->rb_node, by_age);
		bpf_spin_unlock(&delayed_lock);
	}
	q_data.dropped++;
	goto drop;
drop_flow:
	bpf_obj_drop(flow);
drop:
	sch->qstats.drops++;
	bpf_qdisc_skb_drop(skb, to_free);
	return NET_XMIT_DROP;
}`,
    dequeue: `SEC("struct_ops") struct sk_buff *BPF_PROG(q_dequeue, struct Qdisc *sch)
{
	struct ctx cb = { .now = bpf_ktime_get_ns() };
	bpf_loop(sch->q.qlen, unset, &cb, 0);
	bpf_for_each_map_elem(&flows, remove_old, &cb, 0);
	if (cb.stop)
		bpf_qdisc_watchdog_schedule(sch, cb.now + q_data.horizon, 0);
	return NULL;
}`,
    // A type that only a contains: tag names would not be among the object's types.
    destroy: `SEC("struct_ops") void BPF_PROG(q_destroy, struct Qdisc *sch)
{ struct skb_node *made = bpf_obj_new(typeof(*made)); if (made) bpf_obj_drop(made); }`,
  },
  '.struct_ops.link',
);

const VIEW = qdisc('__noinline static int release(struct sk_buff *skb) { bpf_kfree_skb(skb); return 0; }\nint proto;', {
  enqueue: `SEC("struct_ops") int BPF_PROG(q_enqueue, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{
	struct bpf_dynptr ptr, clone;
	struct ethhdr *hdr, buffer;

	bpf_dynptr_from_skb((struct __sk_buff *)skb, 0, &ptr);
	bpf_dynptr_clone(&ptr, &clone);
	*(volatile int *)&ptr = 0;
	hdr = bpf_dynptr_slice(&clone, 0, &buffer, sizeof(*hdr));
	if (!hdr) {
		release(skb);
		return NET_XMIT_DROP;
	}
	proto = hdr->h_proto;
	bpf_qdisc_skb_drop(skb, to_free);
	return NET_XMIT_CN;
}`,
});

describe('shapes of the kernel’s qdiscs', () => {
  for (const level of [0, 1, 2] as const) {
    it(`fifo, fq and packet views compile at -O${level}, without a word`, () => {
      for (const text of [FIFO, FQ, VIEW]) expect(build(text, { optimise: level }).functions.length).toBeGreaterThan(4);
    });
  }

  for (const level of [0, 1, 2] as const) {
    it(`the verifier takes them at -O${level}`, () => {
      for (const text of [FIFO, FQ, VIEW]) {
        const { programs } = prepareObject(build(text, { optimise: level }), { profile: null, quirks: [], set: {} });
        const refused = programs.filter(({ accepted }) => !accepted);
        expect(
          refused.flatMap(({ linked, report }) => [linked.name, ...report.diagnostics.map(({ message }) => message)]),
        ).toEqual([]);
        expect(programs.length).toBe(5);
      }
    });
  }

  it('an incomplete table compiles: registration is the kernel’s business', () => {
    const text = FIFO.replace('.dequeue = (void *)q_dequeue,', '');
    expect(build(text).structOps[0]?.members.map(({ member }) => member)).toEqual(['id', 'enqueue', 'init', 'reset', 'destroy']);
  });

  it('names the profile, the variable and its members', () => {
    const object = build(FIFO);
    expect(object.profile).toBe('struct_ops');
    const [table] = object.structOps;
    expect(table).toMatchObject({ name: 'q', type: 'Qdisc_ops', section: '.struct_ops' });
    const id = table?.members.find(({ member }) => member === 'id');
    expect(id?.kind === 'data' ? [...id.bytes.slice(0, 3)] : null).toEqual([0x71, 0, 0]);
    for (const op of OPS) {
      const index = object.functions.findIndex((fn) => fn.name === `q_${op}`);
      expect(table?.members).toContainEqual({ member: op, kind: 'function', function: index });
      expect(linkProgram(object, index, 'struct_ops').structOps).toEqual({ op, variable: 'q', type: 'Qdisc_ops' });
    }
    expect(build(FQ).structOps[0]?.section).toBe('.struct_ops.link');
  });

  it('numbers the type that bpf_obj_new makes', () => {
    const object = build(FIFO);
    const enqueue = object.functions.findIndex((fn) => fn.name === 'q_enqueue');
    const [number] = (object.functions[enqueue]?.relocations ?? []).filter((one) => one.kind === 'type-id');
    expect(number?.kind === 'type-id' ? tagOf(object.types[number.target]) : null).toBe('skb_node');
    const linked = linkProgram(object, enqueue, 'struct_ops');
    expect(number === undefined ? 0 : linked.code.imm[number.slot]).toBe(number?.kind === 'type-id' ? number.target + 1 : -1);
  });

  it('keeps declaration tags, type tags and locks in their sections', () => {
    const object = build(FQ);
    const section = object.maps.find((map) => map.data?.section === '.data.N')?.data;
    expect(section?.variables.map(({ name, tags }) => [name, tags])).toEqual([
      ['new_lock', undefined],
      ['new_flows', ['contains:flow_node:list_node']],
    ]);
    const flow = object.types.map(bare).find((type) => type.kind === 'struct' && type.tag === 'flow_node');
    const queue = flow?.kind === 'struct' ? flow.members?.find((member) => member.name === 'queue') : undefined;
    expect(queue?.tags).toEqual(['contains:skb_node:node']);
    const value = bare(object.maps[0]?.valueType ?? { kind: 'void' });
    const pointer = value.kind === 'struct' ? value.members?.[0]?.type : undefined;
    expect(pointer?.kind === 'pointer' && pointer.to.kind === 'qualified' ? pointer.to.qualifiers.tags : null).toEqual(['kptr']);
  });

  it('declares the kernel functions it calls, and reads CONFIG_HZ', () => {
    const object = build(FQ);
    expect(object.kernelFunctions.map((fn) => [fn.name, fn.weak])).toContainEqual(['bpf_rbtree_add', true]);
    expect(object.kernelSettings.map(({ name }) => name)).toEqual(['CONFIG_HZ']);
    const map = object.maps[object.kernelSettings[0]?.map ?? -1];
    expect(map?.data?.readOnly).toBe(true);
    expect(new DataView(map?.data?.bytes.buffer ?? new ArrayBuffer(4)).getUint32(0, true)).toBe(250);
  });

  it('a program may declare kernel functions itself, with other words for the same types', () => {
    const text = qdisc(
      `extern void bpf_qdisc_watchdog_schedule(struct Qdisc *q, __u64 when, __u64 slack) __ksym;
extern int bpf_rbtree_add(struct bpf_rb_root *root, struct bpf_rb_node *node, bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)) __ksym __weak;`,
      {},
    );
    expect(build(text).structOps.length).toBe(1);
  });

  it('the older names come with a switch', () => {
    const object = build(`#define __QDISC_IMPL_KFUNCS__\n${FIFO}`);
    expect(object.kernelFunctions.map((fn) => fn.name)).toContain('bpf_list_push_back_impl');
    expect(object.kernelFunctions.map((fn) => fn.name)).not.toContain('bpf_list_push_back');
  });
});

describe('vmlinux.h', () => {
  it('lays out kernel structures as the table of the verifier does, and declares every kernel function', () => {
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
      'bpf_sk_buff_ptr',
    ];
    const asserts = tags.flatMap((tag) => {
      const layout = kernelStruct(tag);
      expect(layout?.members, tag).not.toBeNull();
      return (layout?.members ?? []).map(
        ({ name, offset }) => `_Static_assert(offsetof(struct ${tag}, ${name}) == ${offset}, "${tag}.${name}");`,
      );
    });
    expect(asserts.length).toBeGreaterThan(40);
    const pointers = KFUNCS.map(({ name }, i) => `void *p${i}(void) { return (void *)${name}; }`);
    const layouts = compile(
      { path: 'k.c', text: HEADERS + asserts.join('\n') },
      { profile: 'struct_ops', optimise: 0, cpu: 'v3' },
    );
    expect(layouts.diagnostics.map(renderDiagnostic)).toEqual([]);
    const { diagnostics } = compile(
      { path: 'k.c', text: `#include <vmlinux.h>\n${pointers.join('\n')}` },
      { profile: 'struct_ops', optimise: 0, cpu: 'v3' },
    );
    expect(diagnostics.map(({ message }) => message).filter((message) => message.includes('undeclared'))).toEqual([]);
  });
});

describe('what else such programs use', () => {
  it('can_loop and cond_break are may_goto, one instruction a turn', () => {
    const text = `${HEADERS}SEC("struct_ops") int walk(unsigned long long *ctx)
{ int n = 0; while (can_loop) n += ctx[n & 1]; for (;;) { cond_break; n++; } return n; }`;
    const { object } = compile({ path: 'q.c', text }, { profile: 'struct_ops', optimise: 2, cpu: 'v3' });
    const lines = object === null ? [] : disassemble(functionNamed(object, 'walk').code);
    const text2 = JSON.stringify(lines);
    expect(text2.match(/may_goto/g)?.length).toBe(2);
  });

  it('iterators are destroyed on every way out, goto included', () => {
    const text = qdisc('int sum;', {
      reset: `SEC("struct_ops") void BPF_PROG(q_reset, struct Qdisc *sch)
{ int i; bpf_for(i, 0, 10) { sum += i; if (sum > 20) goto out; if (sum == 7) return; if (sum == 3) break; } sum = 0; out: sum++; }`,
    });
    const object = build(text);
    const { code, relocations } = functionNamed(object, 'q_reset');
    const calls = relocations.flatMap((one) => (one.kind === 'kfunc' ? [one.name] : []));
    expect(new Set(calls)).toEqual(new Set(['bpf_iter_num_new', 'bpf_iter_num_next', 'bpf_iter_num_destroy']));
    // Every path from the first instruction to an exit passes a destroy: walk without the instructions that destroy.
    const destroys = new Set(
      relocations.flatMap((one) => (one.kind === 'kfunc' && one.name.endsWith('destroy') ? [one.slot] : [])),
    );
    const seen = new Set<number>();
    const work = [0];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      if (seen.has(at) || destroys.has(at)) continue;
      seen.add(at);
      const opcode = code.opcode[at] ?? 0;
      expect(opcode).not.toBe(0x95);
      const isJump = (opcode & 7) === 5 || (opcode & 7) === 6;
      const jumps = isJump && opcode !== 0x85;
      if (jumps) work.push(at + 1 + (code.off[at] ?? 0));
      if (opcode !== 0x05) work.push(at + (opcode === 0x18 ? 2 : 1));
    }
  });

  it('bpf_printk takes up to three values directly, more through bpf_trace_vprintk', () => {
    const text = qdisc('', {
      reset: `SEC("struct_ops") void BPF_PROG(q_reset, struct Qdisc *sch)
{ bpf_printk("none"); bpf_printk("%d %u %x", 1, 2u, 3); bpf_printk("%d %u %x %llu", 1, 2u, 3, 4ULL); }`,
    });
    const lines = disassemble(functionNamed(build(text), 'q_reset').code);
    const calls = JSON.stringify(lines).match(/call \d+/g);
    expect(calls).toEqual(['call 6', 'call 6', 'call 177']);
  });

  it('parameter tags and hidden functions', () => {
    const text = qdisc(
      `__noinline int look(struct sk_buff *skb __arg_trusted) { return skb->len; }
__hidden __noinline int quiet(struct sk_buff *skb) { return skb->len; }
int seen;`,
      {
        dequeue: `SEC("struct_ops") struct sk_buff *BPF_PROG(q_dequeue, struct Qdisc *sch) { seen = look(sch->q.head) + quiet(sch->q.head); return NULL; }`,
      },
    );
    const object = build(text);
    const look = functionNamed(object, 'look');
    expect(look.type?.kind === 'function' ? look.type.params[0]?.tags : null).toEqual(['arg:trusted']);
    expect(look.linkage).toBe('global');
    expect(functionNamed(object, 'quiet').linkage).toBe('static');
  });

  it('instructions in asm are taken as they are; those with operands are refused', () => {
    const text = qdisc('', {
      dequeue: `SEC("struct_ops") struct sk_buff *BPF_PROG(q_dequeue, struct Qdisc *sch) { asm volatile("1: r0 = 7; goto 1b"); return NULL; }`,
    });
    const lines = JSON.stringify(disassemble(functionNamed(build(text), 'q_dequeue').code));
    expect(lines).toContain('r0 = 7');
    expect(lines).toContain('goto -2');
    expect(findings(text.replace('r0 = 7', 'r6 = 7'))).toContain('[inline-assembly]');
  });

  it('tells what is wrong with a table', () => {
    expect(findings(FIFO.replace('(void *)q_init', '(void *)&q_head'))).toContain("member 'init' must point to a program");
    expect(findings(FIFO.replace('SEC("struct_ops/q_init") ', ''))).toContain("member 'init' must point to a program");
    expect(findings(`#include <qdisc/v4.h>\n${FIFO}`)).toContain('[two-profiles]');
    expect(findings(FQ.replace('CONFIG_HZ __kconfig', 'CONFIG_NONE __kconfig').replace('CONFIG_HZ;', 'CONFIG_NONE;'))).toContain(
      '[kernel-setting]',
    );
  });
});

describe('the written object', () => {
  for (const [name, text] of [
    ['fifo', FIFO],
    ['fq', FQ],
    ['packet views', VIEW],
  ] as const) {
    it(`${name}: comes back the same`, () => {
      const object = build(text);
      const { object: back, diagnostics } = readObject(writeObject(object), 'q');
      expect(diagnostics).toEqual([]);
      if (back === null) return;
      expect(back.profile).toBe('struct_ops');
      expect(back.kernelFunctions.map(({ name: fn, weak }) => [fn, weak])).toEqual(
        object.kernelFunctions.map(({ name: fn, weak }) => [fn, weak]),
      );
      for (const op of OPS) {
        const programs = [object, back].map((one) =>
          linkProgram(
            one,
            one.functions.findIndex((fn) => fn.name === `q_${op}`),
            'struct_ops',
          ),
        );
        const [mine, theirs] = programs;
        expect(theirs?.structOps).toEqual(mine?.structOps);
        expect(theirs?.code.opcode).toEqual(mine?.code.opcode);
        expect(theirs?.kfuncs).toEqual(mine?.kfuncs);
      }
      const tags = (one: ProgramObject) =>
        one.maps.flatMap((map) => (map.data?.variables ?? []).map((v) => `${v.name} ${v.tags}`)).sort();
      expect(tags(back)).toEqual(tags(object));
      const numbered = (one: ProgramObject) =>
        one.functions.flatMap((fn) =>
          fn.relocations.flatMap((r) => (r.kind === 'type-id' ? [`${fn.name}:${r.slot}:${tagOf(one.types[r.target])}`] : [])),
        );
      expect(numbered(back).sort()).toEqual(numbered(object).sort());
    });
  }

  const readelf = ['/usr/bin/readelf', '/usr/bin/llvm-objdump'].filter((path) => existsSync(path));
  if (readelf.length < 2)
    console.warn('struct-ops.test: readelf or llvm-objdump is not on this machine; fewer tools read the object');
  for (const tool of readelf) {
    it(`${tool} reads it without complaint`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'qdisc-elf-'));
      try {
        const path = join(folder, 'fq.o');
        writeFileSync(path, writeObject(build(FQ)));
        const errors = join(folder, 'errors');
        const flags = tool.endsWith('readelf') ? '-aW' : '-dr';
        const out = execFileSync('sh', ['-c', `"${tool}" ${flags} "${path}" 2>"${errors}"`]).toString();
        expect(readFileSync(errors, 'utf8')).toBe('');
        expect(out).toContain('bpf_rbtree_add');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
