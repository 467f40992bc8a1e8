// Classes, children and filters (specification sections 5 and 8): each statement as a test with its number, and conservation after every
// event while classes, children and filters come and go at random.

import { describe, expect, it } from 'vitest';
import { gallerySource } from '../../../tests/gallery.ts';
import { nextBelow, type RandomStream, seedStream } from '../base/prng.ts';
import { prepareObject } from '../build.ts';
import { compile } from '../compiler/compile.ts';
import { createExperiment, type Experiment } from '../sim/experiment.ts';
import type { Scenario } from '../sim/scenario.ts';
import { showClasses, showQdiscs } from '../sim/tc-show.ts';
import type { TraceChunk } from '../trace/chunk.ts';
import { DROP_REASONS, EVENT } from '../trace/event.ts';
import { TraceLog, type TraceRecord } from '../trace/reader.ts';
import { Recorder } from '../trace/recorder.ts';
import type { AttachableProgram } from './attachable-program.ts';
import { SKB } from './packet.ts';
import { NET_XMIT } from './qdisc.ts';

/** v5: to the class that the filters name (or `else_class`), and back from classes 1 and 2 in turn. */
const PASSING = `#include <qdisc/v5.h>
const volatile __u32 else_class = 1;
static __u32 turn;
SEC("qdisc/enqueue") int enqueue(struct sch_bpf_ctx *ctx) {
	__u32 found = bpf_skb_tc_classify(ctx->skb, 1, ctx->classid);
	ctx->classid = found ? found : ctx->classid | else_class;
	return SCH_BPF_PASS;
}
SEC("qdisc/dequeue") int dequeue(struct sch_bpf_ctx *ctx) {
	ctx->classid |= 1 + turn++ % 2;
	return SCH_BPF_PASS;
}
char _license[] SEC("license") = "GPL";`;

/** v4: the class of the filters, or class 1; nothing comes back. */
const PASSING_V4 = `#include <qdisc/v4.h>
SEC("qdisc/enqueue") int enqueue(struct sch_bpf_ctx *ctx) {
	__u32 found = bpf_skb_classify(ctx->skb, 1, ctx->classid);
	ctx->classid = found ? found : ctx->classid | 1;
	return SCH_BPF_OK;
}
SEC("qdisc/dequeue") int dequeue(struct sch_bpf_ctx *ctx) { return SCH_BPF_OK; }
char _license[] SEC("license") = "GPL";`;

const built = new Map<string, AttachableProgram>();
function program(text: string): AttachableProgram {
  const known = built.get(text);
  if (known !== undefined) return known;
  const { object, diagnostics } = compile({ path: 'p.bpf.c', text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) throw new Error(JSON.stringify(diagnostics));
  const prepared = prepareObject(object, { profile: null, quirks: [], set: {} });
  if (prepared.attachable === null) throw new Error(prepared.diagnostics.map((item) => item.message).join('\n'));
  built.set(text, prepared.attachable);
  return prepared.attachable;
}

const PROGRAMS = (): Map<string, AttachableProgram> =>
  new Map([
    ['v5', program(PASSING)],
    ['v4', program(PASSING_V4)],
    ...['fifo', 'wrr', 'linux_prio', 'drr', 'pfifo', 'fq_codel', 'linux_tbf'].map(
      (id) => [id, program(gallerySource(id))] as const,
    ),
  ]);

const SCENARIO: Scenario = {
  version: 1,
  title: 'classes',
  seed: 3,
  duration: '300ms',
  programs: {},
  devices: [{ name: 'eth0', rate: '10mbit' }],
  tc: [],
  flows: [
    { name: 'a', kind: 'poisson', rate: '8mbit', size: '590b' },
    { name: 'b', kind: 'poisson', rate: '6mbit', size: '1214b', mark: 7 },
  ],
};

function start(tc: readonly string[], over: Partial<Scenario> = {}): { experiment: Experiment; records: () => TraceRecord[] } {
  const log = new TraceLog();
  const recorder = new Recorder((chunk: TraceChunk) => log.append(chunk));
  const result = createExperiment({ ...SCENARIO, ...over, tc: [...tc] }, PROGRAMS(), recorder);
  if (!result.ok) throw new Error(result.problems.map((item) => item.message).join('\n'));
  const records = (): TraceRecord[] => {
    recorder.flush();
    return Array.from({ length: log.length }, (_, index) => log.at(index) ?? expect.fail('no record'));
  };
  return { experiment: result.experiment, records };
}

function finish(experiment: Experiment): void {
  while (experiment.step()) {
    const problems = experiment.imbalances();
    if (problems.length > 0) expect.fail(`after step ${experiment.steps}: ${problems.join('; ')}`);
  }
}

/** Why a scenario's first lines cannot be carried out. */
function refusal(...tc: string[]): string {
  const result = createExperiment({ ...SCENARIO, tc }, PROGRAMS(), new Recorder(null));
  return result.ok ? '' : result.problems.map((item) => item.message).join('\n');
}

const at = (experiment: Experiment, index: number) => experiment.instances[index]?.qdisc ?? expect.fail('no qdisc');
const ROOT = 'qdisc add dev eth0 root handle 1: bpf obj v5';
const CLASSES = ['class add dev eth0 parent 1: classid 1:1', 'class add dev eth0 parent 1: classid 1:2'];
const CHILDREN = [
  'qdisc add dev eth0 parent 1:1 handle 10: bpf obj fifo',
  'qdisc add dev eth0 parent 1:2 handle 20: bpf obj fifo',
];

/** One packet with these header fields through the qdisc's enqueue; where it went. */
function offer(experiment: Experiment, fields: { dport?: number; mark?: number; prio?: number }): number {
  const { packets } = experiment;
  const slot = packets.allocate(0, 200, 0);
  packets.setField(slot, SKB.protocol, 0x0008);
  packets.setField(slot, SKB.mark, fields.mark ?? 0);
  packets.setField(slot, SKB.priority, fields.prio ?? 0);
  const bytes = packets.headerView(slot, 64);
  bytes.setUint8(14, 0x45);
  bytes.setUint8(23, 17);
  bytes.setUint32(26, 0x0a000001);
  bytes.setUint32(30, 0x0a000101);
  bytes.setUint16(36, fields.dport ?? 0);
  const before = [1, 2].map((index) => at(experiment, index).tally.offered);
  at(experiment, 0).enqueue(slot);
  return 1 + [1, 2].findIndex((index, place) => at(experiment, index).tally.offered > (before[place] ?? 0));
}

describe('section 8', () => {
  it('§8.1 class create: a number that is not 0, the qdisc’s own major, not there yet', () => {
    expect(refusal(ROOT, 'class add dev eth0 parent 1: classid 1:0')).toContain('not 0');
    expect(refusal(ROOT, 'class add dev eth0 parent 1: classid 2:1')).toContain('does not belong');
    expect(refusal(ROOT, ...CLASSES, 'class add dev eth0 parent 1: classid 1:1')).toContain('exists');
    expect(refusal(ROOT, 'class add dev eth0 parent 3: classid 3:1')).toContain('no qdisc with handle 3:');
    expect(refusal(ROOT, ...CLASSES)).toBe('');
  });

  it('§8.2 a class has no child until one is grafted: its packets are dropped with NO_CHILD', () => {
    const { experiment, records } = start([ROOT, ...CLASSES]);
    expect(showClasses(experiment, 0)[0]).toBe('class bpf 1:1 parent 1:');
    finish(experiment);
    const drops = records().filter((record) => record.kind === EVENT.DROP);
    expect(drops.length).toBeGreaterThan(100);
    expect(new Set(drops.map(({ a }) => DROP_REASONS[a]?.name))).toEqual(new Set(['NO_CHILD']));
    expect(refusal(ROOT, 'qdisc add dev eth0 parent 1:1 handle 10: bpf obj fifo')).toContain('no class 1:1');
    expect(refusal(ROOT, ...CLASSES, ...CHILDREN, CHILDREN[0] ?? '')).toContain('has a child already');
  });

  it('§8.3 enqueue to the child with PASS, and its code goes to the stack; §8.4 dequeue from it with PASS', () => {
    const { experiment } = start([ROOT, ...CLASSES, ...CHILDREN], { duration: '1s' });
    finish(experiment);
    const [root, first] = [at(experiment, 0), at(experiment, 1)];
    expect(first.statistics().sentPackets).toBeGreaterThan(100);
    expect(root.statistics().sentPackets).toBe(first.statistics().sentPackets);
    expect(root.statistics()).toMatchObject({ qlen: first.statistics().qlen, backlog: first.statistics().backlog });
    while (first.statistics().qlen < 64) offer(experiment, {});
    const slot = experiment.packets.allocate(0, 100, 0);
    expect(root.enqueue(slot)).toBe(NET_XMIT.DROP);
  });

  it('§8.4 in v4 nothing comes back from a class, and a warning says so once', () => {
    const { experiment, records } = start([ROOT.replace('v5', 'v4'), ...CLASSES, ...CHILDREN]);
    finish(experiment);
    expect(at(experiment, 0).statistics().sentPackets).toBe(0);
    expect(records().filter((record) => record.kind === EVENT.WARNING)).toHaveLength(1);
  });

  it('§8.6 class statistics: packets and bytes, drops, the child’s queue', () => {
    const { experiment } = start([ROOT, ...CLASSES, ...CHILDREN], { duration: '1s' });
    finish(experiment);
    const [name, sent, backlog] = showClasses(experiment, 0);
    const child = at(experiment, 1).statistics();
    expect(child.dropped).toBeGreaterThan(10);
    expect(name).toBe('class bpf 1:1 parent 1: leaf 10:');
    expect(sent).toBe(
      ` Sent ${child.sentBytes} bytes ${child.sentPackets} pkt (dropped ${child.dropped}, overlimits 0 requeues 0)`,
    );
    expect(backlog).toContain(` ${child.qlen}p `);
    expect(at(experiment, 0).statistics().dropped).toBe(child.dropped);
    expect(showQdiscs(experiment).filter((line) => line.startsWith('qdisc'))).toEqual([
      'qdisc bpf 1: dev eth0 root refcnt 2 obj p profile v5',
      expect.stringContaining('qdisc bpf 10: dev eth0 parent 1:1 obj'),
      expect.stringContaining('qdisc bpf 20: dev eth0 parent 1:2 obj'),
    ]);
  });

  it('§8.7 deleting a class drops what its child holds, at every level above', () => {
    const events = [{ t: '100ms', tc: 'class del dev eth0 classid 1:1' }];
    const { experiment, records } = start([ROOT, ...CLASSES, ...CHILDREN], { events });
    finish(experiment);
    const destroyed = records().filter((record) => record.kind === EVENT.DROP && DROP_REASONS[record.a]?.name === 'DESTROYED');
    expect(destroyed.length).toBeGreaterThan(20);
    expect(at(experiment, 0).statistics()).toMatchObject({ qlen: 0, backlog: 0 });
    expect(at(experiment, 0).statistics().dropped).toBe(experiment.deviceBalance(0).dropped);
    expect(experiment.tree.isAttached(1)).toBe(false);
  });

  it('§8.8 a device that goes down empties every level', () => {
    const events = [{ t: '100ms', link: 'eth0 down' }];
    const { experiment } = start([ROOT, ...CLASSES, ...CHILDREN], { events });
    finish(experiment);
    for (const index of [0, 1, 2]) expect(at(experiment, index).statistics().qlen).toBe(0);
  });
});

describe('section 5', () => {
  const filtered = (...filters: string[]) =>
    start([ROOT, ...CLASSES, ...CHILDREN, ...filters.map((text) => `filter add dev eth0 ${text}`)]).experiment;

  it('§5.1 the filters of the qdisc choose the class; without a match the answer is 0', () => {
    const experiment = filtered('parent 1: protocol ip prio 1 u32 match ip dport 80 0xffff flowid 1:2');
    expect([offer(experiment, { dport: 80 }), offer(experiment, { dport: 81 })]).toEqual([2, 1]);
    expect(offer(start([ROOT, ...CLASSES, ...CHILDREN]).experiment, { dport: 80 })).toBe(1);
  });

  it('§5.2 SHOT, STOLEN and TRAP answer 0, and the packet is not consumed', () => {
    for (const action of ['drop', 'stolen', 'trap']) {
      expect(offer(filtered(`parent 1: matchall flowid 1:2 action ${action}`), {})).toBe(1);
    }
    for (const action of ['ok', 'pipe']) expect(offer(filtered(`parent 1: matchall flowid 1:2 action ${action}`), {})).toBe(2);
  });

  it('§5.3 filters are asked by priority, and can be replaced and deleted while traffic runs', () => {
    const experiment = filtered('parent 1: prio 5 matchall flowid 1:1', 'parent 1: prio 3 handle 7 fw flowid 1:2');
    expect([offer(experiment, { mark: 7 }), offer(experiment, { mark: 8 })]).toEqual([2, 1]);
    const events = [
      { t: '50ms', tc: 'filter replace dev eth0 parent 1: prio 5 matchall flowid 1:2' },
      { t: '60ms', tc: 'filter del dev eth0 parent 1: prio 9' },
    ];
    const { experiment: live, records } = start(
      [ROOT, ...CLASSES, ...CHILDREN, 'filter add dev eth0 parent 1: prio 5 matchall flowid 1:1'],
      { events },
    );
    finish(live);
    for (const index of [1, 2]) expect(at(live, index).statistics().sentPackets).toBeGreaterThan(5);
    expect(records().filter((record) => record.kind === EVENT.REFUSED)).toHaveLength(1);
  });

  it('§5.4 v4 has the same under bpf_skb_classify', () => {
    const tc = [ROOT.replace('v5', 'v4'), ...CLASSES, ...CHILDREN, 'filter add dev eth0 parent 1: matchall flowid 1:2'];
    expect(offer(start(tc).experiment, {})).toBe(2);
  });

  it.each([
    ['flower ip_proto udp dst_port 80-90 classid 1:2', { dport: 85 }, { dport: 91 }],
    ['flower src_ip 10.0.0.0/24 dst_port 5 classid 1:2', null, null],
    [
      'basic match cmp(u16 at 2 layer transport eq 80) and not meta(fwmark eq 3) classid 1:2',
      { dport: 80 },
      { dport: 80, mark: 3 },
    ],
    ['u32 match mark 0x10 0xf0 flowid 1:2', { mark: 0x1f }, { mark: 0x2f }],
    ['u32 match u16 0x0050 0xffff at 22 flowid 1:2', { dport: 80 }, { dport: 8080 }],
  ] as const)('%s', (text, yes, no) => {
    if (yes === null) {
      expect(() => filtered(`parent 1: protocol ip ${text}`)).toThrow('needs ip_proto');
      return;
    }
    const experiment = filtered(`parent 1: protocol ip ${text}`);
    expect([offer(experiment, yes), offer(experiment, no)]).toEqual([2, 1]);
  });

  it.each([
    ['parent 1: protocol ip u32 match ip colour 3 0xff', 'expected src, dst'],
    ['parent 1: protocol ip u32 match tcp dport 80 0xffff', 'not available here'],
    ['parent 1: protocol ip flower shape round', 'flower has no key "shape"'],
    ['parent 1: protocol ip route to 4', 'a classifier (u32'],
    ['parent 1: matchall action dance', 'expected ok'],
    ['parent 1: basic match cmp(u16 at 2', 'expected eq, lt or gt'],
  ])('an unknown word says what is expected: %s', (text, wanted) => {
    expect(refusal(ROOT, ...CLASSES, `filter add dev eth0 ${text}`)).toContain(wanted);
  });
});

describe('conservation in trees', () => {
  const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
  it.each(SEEDS)('holds after every event with random class, qdisc, filter and link commands (seed %i)', (seed) => {
    const stream: RandomStream = { state: new Int32Array(4), at: 0 };
    seedStream(stream, seed, 'classes');
    const pick = <T>(from: readonly T[]): T => from[nextBelow(stream, from.length)] as T;
    const child = () => pick(['fifo', 'pfifo', 'fq_codel', 'linux_tbf', 'linux_prio']);
    const events = Array.from({ length: 40 }, (_, index) => {
      const minor = 1 + nextBelow(stream, 3);
      const tc = pick([
        `class add dev eth0 parent 1: classid 1:${minor}`,
        `class del dev eth0 classid 1:${minor}`,
        `qdisc add dev eth0 parent 1:${minor} handle ${20 + index}: bpf obj ${child()}`,
        `qdisc replace dev eth0 parent 1:${minor} handle ${60 + index}: bpf obj ${child()}`,
        `qdisc del dev eth0 parent 1:${minor}`,
        `filter add dev eth0 parent 1: matchall flowid 1:${minor}`,
        'filter del dev eth0 parent 1:',
      ]);
      const t = `${5 + index * 12}ms`;
      return nextBelow(stream, 12) === 0 ? { t, link: `eth0 ${pick(['up', 'down'])}` } : { t, tc };
    });
    const root = pick(['linux_prio', 'drr', 'v5', 'linux_tbf']);
    const tc = [`qdisc add dev eth0 root handle 1: bpf obj ${root}`, ...CLASSES, ...CHILDREN];
    const flows = SCENARIO.flows.map((flow, index) => ({ ...flow, prio: 0x10001 + index }));
    const { experiment } = start(tc, { events, flows, duration: '500ms' });
    finish(experiment);
    expect(experiment.deviceBalance(0).leaked).toBe(0);
  });
});
