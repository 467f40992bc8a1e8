// Replay of what the real kernel did (shared data, when it is there), and of a small trace of our own, so that the replay itself is tested without it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gallerySource } from '../../../tests/gallery.ts';
import { prepareObject } from '../build.ts';
import { compile } from '../compiler/compile.ts';
import type { ProgramObject } from '../object/program-object.ts';
import { type KernelTrace, type LoadKind, replayTrace } from './kernel-replay.ts';
import { KINDS, parseKindLine } from './kind-options.ts';
import { SIZE_TABLE_DEFAULTS, sizeTable } from './size-table.ts';

const FOLDER = '../shared/data/kernel-traces';

const objects = new Map<string, ProgramObject | null>();

/** Compiled once a kind: only the knobs differ. */
function objectOf(kind: string): ProgramObject | null {
  const known = objects.get(kind);
  if (known !== undefined) return known;
  const { object } = compile({ path: `${kind}.bpf.c`, text: gallerySource(kind) }, { profile: null, optimise: 2, cpu: 'v3' });
  objects.set(kind, object);
  return object;
}

const load: LoadKind = (kind, knobs) => {
  const object = objectOf(kind);
  const prepared = object === null ? null : prepareObject(object, { profile: null, quirks: [], set: knobs });
  return prepared?.attachable ?? `no program for ${kind}`;
};

const packet = (id: number, len: number) => ({ id, flow: 0, len, tos: 0, prio: 0, mark: 0, hash: 1, proto: 17 });

/** Three packets into a pfifo of two; the third is refused, then the first leaves. */
const OWN: KernelTrace = {
  meta: { tc: ['tc qdisc add dev d0 root pfifo limit 2'], t0_abs_ns: '1099511627776' },
  packets: [packet(7, 100), packet(8, 200), packet(9, 300)],
  ops: [
    { t_ns: 10, op: 'enq', id: 7, ret: 0, qlen: 1, backlog: 100 },
    { t_ns: 20, op: 'enq', id: 8, ret: 0, qlen: 2, backlog: 300 },
    { t_ns: 30, op: 'enq', id: 9, ret: 1, dropped: [9], qlen: 2, backlog: 300 },
    { t_ns: 40, op: 'deq', id: 7, qlen: 1, backlog: 200 },
    { t_ns: 50, op: 'deq', id: 8, qlen: 0, backlog: 0 },
    { t_ns: 60, op: 'deq', id: null, qlen: 0, backlog: 0 },
  ],
};

describe('replay', () => {
  it('finds no mismatch in a trace that is right, and names the first in one that is not', () => {
    expect(replayTrace(OWN, load)).toEqual({
      ok: true,
      result: { program: 'pfifo', ops: 6, mismatches: 0, first: null, skipped: 0 },
    });
    const wrong: KernelTrace = { ...OWN, ops: OWN.ops.map((op, index) => (index === 3 ? { ...op, id: 8 } : op)) };
    expect(replayTrace(wrong, load)).toMatchObject({
      result: { mismatches: 1, first: { index: 3, field: 'id', expected: 8, got: 7 } },
    });
  });

  it('gives the engine nothing of what the kernel answered', () => {
    const blind: KernelTrace = {
      ...OWN,
      ops: OWN.ops.map(({ t_ns, op, id }) => (op === 'enq' ? { t_ns, op, id: id ?? null } : { t_ns, op })),
    };
    expect(replayTrace(blind, load)).toMatchObject({ result: { first: { index: 0, field: 'ret', got: 0 } } });
  });

  it('a peeked packet of prio stays behind one of a better band that comes later; one of fq_codel does not', () => {
    const of = (child: string) => {
      const under = `tc qdisc add dev d0 parent 1:1 handle 2: ${child}`;
      const trace: KernelTrace = {
        meta: { ...OWN.meta, tc: ['tc qdisc add dev d0 root handle 1: tbf rate 8kbit burst 1000 limit 9000', under] },
        packets: [packet(1, 1000), packet(2, 1000), { ...packet(3, 1000), prio: 6, hash: 9 }],
        ops: [
          { t_ns: 0, op: 'enq', id: 1, ret: 0, qlen: 1, backlog: 1000 },
          { t_ns: 0, op: 'deq', id: 1, qlen: 0, backlog: 0 },
          { t_ns: 10, op: 'enq', id: 2, ret: 0, qlen: 1, backlog: 1000 },
          { t_ns: 10, op: 'deq', id: null, qlen: 1, backlog: 1000, wd_ns: 1_000_000_000 },
          { t_ns: 20, op: 'enq', id: 3, ret: 0, qlen: 2, backlog: 2000, wd_ns: 1_000_000_000 },
          { t_ns: 1_000_000_000, op: 'deq', id: child === 'prio' ? 3 : 2, qlen: 1, backlog: 1000 },
        ],
      };
      return replayTrace(trace, load);
    };
    for (const child of ['prio', 'fq_codel', 'pfifo'])
      expect(of(child)).toMatchObject({ result: { mismatches: 0, first: null } });
  });

  it('says what it does not know', () => {
    const of = (line: string) => replayTrace({ ...OWN, meta: { ...OWN.meta, tc: [line] } }, load);
    expect(of('tc qdisc add dev d0 root pfifo speed 3')).toMatchObject({
      ok: false,
      message: expect.stringContaining('no option "speed"'),
    });
    expect(of('tc qdisc add dev d0 root no_such_kind')).toMatchObject({
      ok: false,
      message: expect.stringContaining('not available yet'),
    });
  });

  for (const kind of Object.keys(KINDS)) {
    const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.startsWith(`${kind}.`)) : [];
    if (names.length === 0) {
      console.warn(`SKIPPED: no traces of ${kind} in ${FOLDER}`);
      it.skip(`${kind}: what the kernel did`, () => {});
      continue;
    }
    it.each(names)('%s: every operation as in Linux 7.2.13', (name) => {
      const trace = JSON.parse(gunzipSync(readFileSync(`${FOLDER}/${name}`)).toString()) as KernelTrace;
      const outcome = replayTrace(trace, load);
      expect(outcome).toMatchObject({ ok: true, result: { mismatches: 0, first: null, skipped: 0 } });
    });
  }
});

describe('tc lines of kinds', () => {
  it('take their defaults from the device', () => {
    const device = { txqueuelen: 60, mtu: 1500 };
    expect(parseKindLine('tc qdisc add dev d0 root bfifo', device)).toMatchObject({ line: { knobs: { limit: 60 * 1514 } } });
    expect(parseKindLine('qdisc change dev d0 root pfifo limit 20', device)).toMatchObject({
      line: { action: 'change', knobs: { limit: 20 } },
    });
  });

  it('tbf works out its limit from a latency, and says what it lacks', () => {
    const device = { txqueuelen: 1000, mtu: 1500 };
    const of = (options: string) => parseKindLine(`tc qdisc add dev d0 root tbf ${options}`, device);
    expect(of('rate 5mbit burst 10k latency 50ms')).toMatchObject({ line: { knobs: { rate: 625_000, limit: 31_250 + 10_240 } } });
    expect(of('rate 5mbit burst 10k')).toMatchObject({ ok: false, message: expect.stringContaining('"limit" or "latency"') });
    expect(of('rate fast burst 10k limit 3k')).toMatchObject({ ok: false, message: expect.stringContaining('a rate such as') });
    expect(of('rate 1mbit burst 2k limit 3k linklayer tin')).toMatchObject({
      ok: false,
      message: expect.stringContaining('adsl'),
    });
  });

  it('CoDel’s times become microseconds, its flags a knob; the least values hold', () => {
    const device = { txqueuelen: 1000, mtu: 1500 };
    expect(parseKindLine('tc qdisc add dev d0 root handle 2: codel target 2ms ecn', device)).toMatchObject({
      line: { handle: 0x20000, knobs: { target: 2000, interval: 100_000, ecn: 1, mtu: 1514 } },
    });
    expect(parseKindLine('tc qdisc change dev d0 root fq_codel noecn quantum 10', device)).toMatchObject({
      line: { knobs: { ecn: 0, quantum: 256 } },
    });
  });

  it('size tables count as the kernel counts', () => {
    const counted = sizeTable({ ...SIZE_TABLE_DEFAULTS, overhead: 24, mtu: 2048, mpu: 84 });
    expect([200, 1514, 40].map(counted)).toEqual([224, 1544, 84]);
    expect(sizeTable({ ...SIZE_TABLE_DEFAULTS, overhead: -4 })(100)).toBe(96);
  });
});
