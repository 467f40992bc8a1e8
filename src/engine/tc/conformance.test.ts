// The numbered conformance checks of the specification's section 13, each as a test with its number (12, conservation, is
// asserted after every event in sim/experiment.test.ts as well), and one test a quirk: the first thing that differs when it is on.

import { describe, expect, it } from 'vitest';
import { type AssembledQdisc, assembledObject, bss, experimentOf, FIFO, skbMap } from '../../../tests/assembled-qdisc.ts';
import { PROFILES } from '../abi/profiles.ts';
import { prepareObject } from '../build.ts';
import { creationError } from '../maps/creation.ts';
import { SkbMap } from '../maps/skb-map.ts';
import type { Experiment } from '../sim/experiment.ts';
import { viewMap } from '../sim/map-view.ts';
import type { TraceChunk } from '../trace/chunk.ts';
import { DROP_REASONS, EVENT } from '../trace/event.ts';
import { TraceLog, type TraceRecord } from '../trace/reader.ts';
import { RunMemory } from '../vm/memory.ts';
import { PacketPool, SKB } from './packet.ts';
import { NET_XMIT } from './qdisc.ts';
import { QUIRKS } from './quirks.ts';

/** A map of 64 packets by itself, with packets numbered from 1 in the order of `keys`. */
function mapWith(
  keys: readonly bigint[],
  quirks: Partial<{ topmostFirst: boolean; leakyCounter: boolean; brokenWalk: boolean }> = {},
  entries = 64,
) {
  const memory = new RunMemory({ hostBytes: 65_536, programBytes: 131_072 });
  const packets = new PacketPool(memory, 64);
  const posted = { topmostFirst: false, leakyCounter: false, brokenWalk: false, ...quirks };
  const map = new SkbMap(memory, 0, skbMap('m', entries), packets, posted, () => {});
  const scratch = memory.allocateProgram(8);
  const push = (key: bigint): boolean => {
    const slot = packets.allocate(0, 100, 0);
    if (map.refuses()) return false;
    packets.keyLow[slot] = Number(BigInt.asIntN(32, key));
    packets.keyHigh[slot] = Number(BigInt.asIntN(32, key >> 32n));
    map.insert(slot);
    return true;
  };
  const pop = (key: bigint): number => {
    const slot = map.find(Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n)));
    if (slot < 0) return 0;
    map.take(slot, true);
    return packets.id[slot] ?? 0;
  };
  const walk = (stopAfter = Number.POSITIVE_INFINITY): { ids: number[]; visited: number } => {
    const ids: number[] = [];
    const visited = map.walk(({ slot }) => ids.push(packets.id[slot] ?? 0) < stopAfter);
    return { ids, visited };
  };
  const keyAt = (key: bigint): number => {
    memory.view.setBigUint64(scratch, BigInt.asUintN(64, key), true);
    return scratch;
  };
  for (const key of keys) push(key);
  return { map, packets, push, pop, walk, keyAt };
}

describe('section 13', () => {
  it('1: creation errors', () => {
    const errno = (over: Parameters<typeof skbMap>[2], entries = 8): number =>
      creationError(skbMap('m', entries, over), 2048)?.errno ?? 0;
    expect(errno({ keySize: 4 })).toBe(-22);
    expect(errno({ valueSize: 4 })).toBe(-22);
    expect(errno({}, 0)).toBe(-22);
    expect(errno({}, 2049)).toBe(-7);
    expect(errno({}, 2048)).toBe(0);
    expect(errno({ flags: 0x80 | 0x100 })).toBe(-22);
    expect(errno({ flags: 0x1 })).toBe(-22);
    expect(errno({ flags: 0x80 })).toBe(0);
  });

  it('2: for-each visits in ascending order and counts what it visited', () => {
    const { walk } = mapWith([5n, 1n, 3n]);
    expect(walk()).toEqual({ ids: [2, 3, 1], visited: 3 });
    expect(walk(1)).toEqual({ ids: [2], visited: 1 });
  });

  it('3: pop takes exactly the key', () => {
    const { pop } = mapWith([5n, 1n, 3n]);
    expect([pop(2n), pop(3n), pop(3n)]).toEqual([0, 3, 0]);
  });

  it('4: keys are unsigned', () => {
    expect(mapWith([0xffffffffffffffffn, 0n]).walk().ids).toEqual([2, 1]);
  });

  it('5: equal keys leave oldest first, or in the posted order (Q1)', () => {
    const order = (topmostFirst: boolean): number[] => {
      const { pop } = mapWith([0n, 0n, 0n], { topmostFirst });
      return [pop(0n), pop(0n), pop(0n)];
    };
    expect(order(false)).toEqual([1, 2, 3]);
    expect(order(true)).toEqual([2, 3, 1]);
  });

  it('5 (Q1): with a standing backlog the first packets never leave', () => {
    const sent = (backlog: number): number[] => {
      const { pop, push } = mapWith(
        Array.from({ length: backlog }, () => 0n),
        { topmostFirst: true },
      );
      return Array.from({ length: 40 }, () => {
        const id = pop(0n);
        push(0n);
        return id;
      });
    };
    expect(sent(3).slice(0, 4)).toEqual([2, 3, 4, 5]);
    expect(sent(3)).not.toContain(1);
    expect(sent(8).slice(0, 3)).toEqual([4, 5, 6]);
    for (const id of [1, 2, 3]) expect(sent(8)).not.toContain(id);
  });

  it('6: a full map refuses, and takes again after a pop unless the counter leaks (Q2)', () => {
    const takesAgain = (leakyCounter: boolean): boolean => {
      const { push, pop } = mapWith([1n, 2n, 3n, 4n], { leakyCounter }, 4);
      expect(push(5n)).toBe(false);
      expect(pop(1n)).toBe(1);
      return push(6n);
    };
    expect(takesAgain(false)).toBe(true);
    expect(takesAgain(true)).toBe(false);
  });

  it('6 (Q2): capacity 4 with 3 failures, drained, accepts 1 packet', () => {
    const { push, pop } = mapWith([1n, 2n, 3n, 4n], { leakyCounter: true }, 4);
    for (let i = 0; i < 3; i++) push(9n);
    for (const key of [1n, 2n, 3n, 4n]) pop(key);
    expect([push(1n), push(2n)]).toEqual([true, false]);
  });

  it('7: update is refused, delete of an absent key is -ENOENT', () => {
    const { map, keyAt } = mapWith([1n]);
    expect(map.update()).toBe(-524);
    expect(map.remove(keyAt(7n))).toBe(-2);
    expect(map.lookup(keyAt(7n))).toBe(0);
    expect(map.lookup(keyAt(1n))).not.toBe(0);
  });

  it('8: v4 OK without a class is a counted drop; as posted (Q4) a silent success', () => {
    const ok: AssembledQdisc = { ...FIFO, enqueue: 'r0 = 0\nexit' };
    const fixed = offerOne(ok);
    expect(fixed.code).toBe(NET_XMIT.DROP);
    expect(fixed.statistics.dropped).toBe(1);
    expect(fixed.reasons).toEqual(['NO_CHILD']);
    const posted = offerOne({ ...ok, quirks: ['Q4'] });
    expect(posted.code).toBe(NET_XMIT.SUCCESS);
    expect(posted.statistics.dropped).toBe(0);
  });

  it('9: v5 returns 0 after a push: queued', () => {
    const enqueue = `r2 = *(u64 *)(r1 + 0)\nr1 = map 0 ll\nr3 = 0\ncall 2001\nr0 = 0\nexit`;
    const { code, statistics } = offerOne({ ...FIFO, profile: 'v5', enqueue });
    expect(code).toBe(NET_XMIT.SUCCESS);
    expect(statistics).toMatchObject({ qlen: 1, backlog: 100, dropped: 0 });
  });

  it('10: THROTTLE runs dequeue again after the delay and counts an overlimit', () => {
    const { records } = runAll({ ...FIFO, dequeue: THROTTLE_ONCE }, '3ms');
    const set = records.find((record) => record.kind === EVENT.WATCHDOG_SET);
    const fired = records.find((record) => record.kind === EVENT.WATCHDOG_FIRED);
    expect(set?.b).toBe((set?.t ?? 0) + 1_000_000);
    expect(fired?.t).toBe(set?.b);
    expect(records.filter((record) => record.kind === EVENT.OVERLIMIT)).toHaveLength(1);
  });

  it('11: of two THROTTLEs without traffic the later one counts', () => {
    const experiment = experimentOf({ ...FIFO, dequeue: THROTTLE_5_THEN_1 }, { flows: [] });
    const { qdisc } = first(experiment);
    expect([qdisc.dequeue(), qdisc.dequeue()]).toEqual([-1, -1]);
    expect(experiment.watchdogExpiry(0)).toBe(1_000_000);
    expect(qdisc.statistics().overlimits).toBe(2);
    experiment.step();
    expect(experiment.now).toBe(1_000_000);
    expect(experiment.watchdogExpiry(0), 'throttled once more, and nothing is left of the 5 ms').toBe(2_000_000);
  });

  it('13: device down drops every queued packet, and the programs stay', () => {
    const { records, experiment } = runAll(FIFO, '60ms', [
      { t: '31ms', link: 'eth0 down' },
      { t: '40ms', link: 'eth0 up' },
    ]);
    const down = records.findIndex((record) => record.kind === EVENT.LINK && record.b === 0);
    const reasons = records
      .filter((record) => record.kind === EVENT.DROP && record.t === 31_000_000)
      .map((record) => DROP_REASONS[record.a]?.name);
    expect(reasons.length).toBeGreaterThan(2);
    expect(new Set(reasons)).toEqual(new Set(['DEVICE_DOWN']));
    expect(records.slice(down).some((record) => record.kind === EVENT.QUEUED)).toBe(true);
    expect(experiment.imbalances()).toEqual([]);
  });

  it('13 (Q13): as posted the packets stay in the maps', () => {
    const { records } = runAll({ ...FIFO, quirks: ['Q13'] }, '35ms', [{ t: '31ms', link: 'eth0 down' }]);
    expect(records.some((record) => record.kind === EVENT.MAP_REMOVE)).toBe(false);
  });

  it('14: an object of one profile is refused under another, with both names', () => {
    const prepared = prepareObject(assembledObject(FIFO), { profile: 'v5', quirks: [], set: {} });
    expect(prepared.attachable).toBeNull();
    expect(prepared.diagnostics[0]?.message).toBe('"assembled" was compiled for profile v4 and cannot run under v5');
  });
});

describe('quirks', () => {
  it('Q3: nothing is counted', () => {
    expect(runAll({ ...FIFO, quirks: ['Q3'] }, '50ms').experiment.instances[0]?.qdisc.statistics()).toMatchObject({
      qlen: 0,
      sentPackets: 0,
      dropped: 0,
    });
    expect(runAll(FIFO, '50ms').experiment.instances[0]?.qdisc.statistics().sentPackets).toBeGreaterThan(10);
  });

  it('Q5: THROTTLE in dequeue warns of the stray pointer', () => {
    const warned = (quirks: AssembledQdisc['quirks']): number =>
      runAll({ ...FIFO, dequeue: THROTTLE_ONCE, ...(quirks === undefined ? {} : { quirks }) }, '3ms').records.filter(
        (record) => record.kind === EVENT.WARNING,
      ).length;
    expect([warned([]), warned(['Q5'])]).toEqual([0, 1]);
  });

  it('Q6: DROP after a push leaks the packet instead of dropping it', () => {
    const enqueue = 'r2 = *(u64 *)(r1 + 0)\nr1 = map 0 ll\nr3 = 0\ncall 2001\nr0 = 2\nexit';
    const fixed = offerOne({ ...FIFO, enqueue });
    expect([fixed.reasons, fixed.balance.leaked]).toEqual([['PROG_DROP'], 0]);
    const posted = offerOne({ ...FIFO, enqueue, quirks: ['Q6'] });
    expect([posted.reasons, posted.balance.leaked]).toEqual([[], 1]);
  });

  it('Q7: CONTINUE stops after 1024 runs, as posted it goes on', () => {
    const rounds = (quirks: AssembledQdisc['quirks'] & object): number => {
      const experiment = experimentOf({ ...FIFO, dequeue: 'r0 = 4\nexit', quirks }, { flows: [] }, () => {});
      const before = experiment.recorder.count;
      first(experiment).qdisc.dequeue();
      return experiment.recorder.count - before - 1;
    };
    expect(rounds([])).toBe(1024);
    expect(rounds(['Q7'])).toBe(100_000);
  });

  it('Q8: user space is refused a look into the map', () => {
    const of = (quirks: AssembledQdisc['quirks'] & object): string[] => {
      const experiment = experimentOf({ ...FIFO, quirks }, { flows: [] });
      const { qdisc, maps } = first(experiment);
      qdisc.enqueue(experiment.packets.allocate(0, 100, 0));
      const map = maps.all[0] ?? expect.fail();
      return viewMap(map, experiment.memory, experiment.packets, new Set(quirks)).entries.map((entry) => entry.value);
    };
    expect(of([])).toEqual(['packet 1, 100 bytes, flow 0']);
    expect(of(['Q8'])).toEqual(['lookup from user space gives -ENOTSUPP (Q8)']);
  });

  it('Q23: the walk ends when the callback removes the packet it is at', () => {
    const visited = (brokenWalk: boolean): number => {
      const { map, packets } = mapWith([1n, 2n, 3n], { brokenWalk });
      return map.walk(({ slot }) => {
        map.take(slot, false);
        return packets.capacity > 0;
      });
    };
    expect([visited(false), visited(true)]).toEqual([3, 1]);
  });

  it('every quirk that a profile offers is one that the simulator shows', () => {
    const shown = QUIRKS.map((quirk) => quirk.id);
    for (const profile of PROFILES) for (const quirk of profile.quirks) expect(shown).toContain(quirk);
    expect(PROFILES.find((profile) => profile.id === 'v4')?.quirks).toEqual(shown);
  });

  it('Q10: deleted packets are leaked', () => {
    const of = (quirks: AssembledQdisc['quirks'] & object) => {
      const experiment = experimentOf({ ...FIFO, dequeue: DELETE_ZERO, quirks });
      while (experiment.now < 30_000_000) experiment.step();
      return experiment.qdiscBalance(0);
    };
    expect(of([])).toMatchObject({ leaked: 0 });
    expect(of([]).dropped).toBeGreaterThan(0);
    expect(of(['Q10']).leaked).toBeGreaterThan(0);
  });

  it('Q18: after a push data_meta reads as the key', () => {
    const of = (quirks: AssembledQdisc['quirks'] & object): boolean => {
      const enqueue = 'r2 = *(u64 *)(r1 + 0)\nr1 = map 0 ll\nr3 = 7\ncall 2001\nr0 = 1\nexit';
      const experiment = experimentOf({ ...FIFO, enqueue, quirks }, { flows: [] });
      const slot = experiment.packets.allocate(0, 100, 0);
      first(experiment).qdisc.enqueue(slot);
      return experiment.packets.field(slot, SKB.dataMeta) === 7;
    };
    expect([of([]), of(['Q18'])]).toEqual([false, true]);
  });

  it('Q22: reset zeroes the counters and forgets the packets', () => {
    const of = (quirks: AssembledQdisc['quirks'] & object): { qlen: number; queued: number } => {
      const experiment = experimentOf({ ...FIFO, quirks }, { flows: [] });
      const { qdisc } = first(experiment);
      qdisc.enqueue(experiment.packets.allocate(0, 100, 0));
      qdisc.reset();
      return { qlen: qdisc.statistics().qlen, queued: experiment.qdiscBalance(0).queued };
    };
    expect(of([])).toEqual({ qlen: 0, queued: 0 });
    expect(of(['Q22'])).toEqual({ qlen: 0, queued: 1 });
  });
});

describe('the life of a packet outside the ordinary', () => {
  it('QUEUED without a push is a lost packet, dropped and reported', () => {
    const { reasons, statistics, warnings } = offerOne({ ...FIFO, enqueue: 'r0 = 1\nexit' });
    expect(reasons).toEqual(['LOST']);
    expect(statistics.dropped).toBe(1);
    expect(warnings).toEqual(['the program kept the packet but put it in no map: it is lost']);
  });

  it('DROP after -ENOBUFS is MAP_FULL', () => {
    const experiment = experimentOf({ ...FIFO, maps: [skbMap('queue', 1), bss(16)] }, { flows: [] });
    const { qdisc } = first(experiment);
    expect(qdisc.enqueue(experiment.packets.allocate(0, 100, 0))).toBe(NET_XMIT.SUCCESS);
    expect(qdisc.enqueue(experiment.packets.allocate(0, 100, 0))).toBe(NET_XMIT.DROP);
    expect(experiment.qdiscBalance(0)).toMatchObject({ offered: 2, queued: 1, dropped: 1 });
  });

  it('peek holds the packet, counted, until it is taken; requeue puts it in front again', () => {
    const experiment = experimentOf(FIFO, { flows: [] });
    const { qdisc } = first(experiment);
    for (let i = 0; i < 2; i++) qdisc.enqueue(experiment.packets.allocate(0, 100, 0));
    const peeked = qdisc.peek();
    expect([experiment.packets.id[peeked], qdisc.peek() === peeked, qdisc.statistics().qlen]).toEqual([1, true, 2]);
    expect(experiment.qdiscBalance(0)).toMatchObject({ queued: 1, held: 1 });
    const taken = qdisc.dequeue();
    expect([taken === peeked, qdisc.statistics()]).toMatchObject([true, { qlen: 1, sentPackets: 1, backlog: 100 }]);
    qdisc.requeue(taken);
    expect(qdisc.statistics()).toMatchObject({ qlen: 2, requeues: 1, backlog: 200 });
    expect(qdisc.dequeue()).toBe(taken);
    expect(qdisc.statistics()).toMatchObject({ qlen: 1, sentPackets: 1, sentBytes: 100 });
    expect(experiment.qdiscBalance(0)).toMatchObject({ offered: 2, sent: 1, queued: 1, held: 0 });
  });

  it('replacing the qdisc frees its packets with the reason DESTROYED', () => {
    const { records, experiment } = runAll(FIFO, '60ms', [
      { t: '31ms', tc: 'qdisc replace dev eth0 root handle 2: bpf obj main' },
    ]);
    const reasons = records
      .filter((record) => record.kind === EVENT.DROP && record.t === 31_000_000)
      .map((record) => DROP_REASONS[record.a]?.name);
    expect(reasons.length).toBeGreaterThan(2);
    expect(new Set(reasons)).toEqual(new Set(['DESTROYED']));
    expect(experiment.imbalances()).toEqual([]);
    expect(experiment.qdiscBalance(1).offered).toBeGreaterThan(0);
  });
});

/** Throttles for 1 ms on the first call (a word in .bss tells), then behaves as a FIFO. */
const THROTTLE_ONCE = `r6 = r1
  r7 = map_value 1 + 0 ll
  r1 = *(u64 *)(r7 + 0)
  if r1 != 0 goto fifo
  r1 = 1
  *(u64 *)(r7 + 0) = r1
  r1 = 1000000
  *(u64 *)(r6 + 16) = r1
  r0 = 3
  exit
  fifo: r0 = 0
  exit`;

const THROTTLE_5_THEN_1 = `r6 = r1
  r7 = map_value 1 + 0 ll
  r1 = *(u64 *)(r7 + 0)
  r2 = 5000000
  if r1 == 0 goto set
  r2 = 1000000
  set: r3 = 1
  *(u64 *)(r7 + 0) = r3
  *(u64 *)(r6 + 16) = r2
  r0 = 3
  exit`;

/** Deletes key 0 on every call and sends nothing. */
const DELETE_ZERO = `r1 = 0
  *(u64 *)(r10 - 8) = r1
  r2 = r10
  r2 += -8
  r1 = map 0 ll
  call 3
  r0 = 0
  exit`;

const first = (experiment: Experiment) => experiment.instances[0] ?? expect.fail('no qdisc');

function collect(): { log: TraceLog; sink: (chunk: TraceChunk) => void; records: () => TraceRecord[] } {
  const log = new TraceLog();
  const records = (): TraceRecord[] =>
    Array.from({ length: log.length }, (_, index) => log.at(index)).filter((record) => record !== null);
  return { log, sink: (chunk) => log.append(chunk), records };
}

/** Offers one packet of 100 bytes to the qdisc, without a device. */
function offerOne(qdisc: AssembledQdisc) {
  const { log, sink, records } = collect();
  const experiment = experimentOf(qdisc, { flows: [] }, sink);
  const instance = first(experiment);
  const code = instance.qdisc.enqueue(experiment.packets.allocate(0, 100, 0));
  experiment.recorder.flush();
  const found = records();
  return {
    code,
    statistics: instance.qdisc.statistics(),
    balance: experiment.qdiscBalance(0),
    reasons: found.filter((record) => record.kind === EVENT.DROP).map((record) => DROP_REASONS[record.a]?.name),
    warnings: found.filter((record) => record.kind === EVENT.WARNING).map((record) => log.text(record.b)),
  };
}

function runAll(
  qdisc: AssembledQdisc,
  duration: string,
  events: readonly ({ t: string; link: string } | { t: string; tc: string })[] = [],
) {
  const { sink, records } = collect();
  const experiment = experimentOf(qdisc, { duration, events: [...events] }, sink);
  while (experiment.step());
  experiment.recorder.flush();
  return { experiment, records: records() };
}
