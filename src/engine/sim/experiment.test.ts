// Whole runs: conservation after every event, repeatability, slices, seeking, and agreement of the log's fold with the engine.

import { describe, expect, it } from 'vitest';
import { experimentOf, FIFO } from '../../../tests/assembled-qdisc.ts';
import { nextBelow, type RandomStream, seedStream } from '../base/prng.ts';
import { NO_NODE } from '../base/red-black-links.ts';
import type { TraceChunk } from '../trace/chunk.ts';
import { PacketTable } from '../trace/packet-table.ts';
import { TraceLog } from '../trace/reader.ts';
import { SceneSeeker } from '../trace/scene-state.ts';
import type { Scenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { digestMemory } from './snapshot.ts';

/** Three flows of 36 Mbit/s together. */
const BUSY_FLOWS: Scenario['flows'] = [
  { name: 'a', kind: 'constant', rate: '14mbit', size: '1014b' },
  { name: 'b', kind: 'poisson', rate: '12mbit', size: ['214b', '1514b'] },
  { name: 'c', kind: 'poisson', rate: '10mbit', size: '590b' },
];

/** Runs to the end in slices of `slice` steps; log digest and steps. */
function digestOf(slice: number): { digest: string; steps: number; state: string } {
  const chunks: TraceChunk[] = [];
  const simulation = new Simulation(experimentOf(FIFO, {}, (chunk) => chunks.push(chunk)));
  const { recorder } = simulation.experiment;
  while (simulation.advance(slice) > 0) if (slice < 10) recorder.flush();
  return { digest: recorder.digestHex(), steps: simulation.experiment.steps, state: simulation.stateDigest() };
}

describe('a run', () => {
  it('conserves packets after every event and keeps the counters true', () => {
    const experiment = experimentOf(FIFO);
    while (experiment.step()) expect(experiment.imbalances()).toEqual([]);
    const { qdisc } = experiment.instances[0] ?? expect.fail();
    const balance = experiment.qdiscBalance(0);
    expect(balance.offered).toBeGreaterThan(900);
    expect(balance.dropped).toBeGreaterThan(20);
    expect(qdisc.statistics()).toMatchObject({ sentPackets: balance.sent, dropped: balance.dropped, qlen: balance.queued });
  });

  it('notices a packet that is taken away behind the ledger’s back', () => {
    const experiment = experimentOf(FIFO);
    while (experiment.qdiscBalance(0).queued === 0) experiment.step();
    const map = [...(experiment.instances[0]?.maps.skbMaps.values() ?? [])][0];
    map?.take(map.nextPacket(NO_NODE), true);
    expect(experiment.imbalances().join()).toMatch(/qdisc 1:: \d+ packets came in, \d+ are accounted for/);
  });

  it('gives the same log for slices of 1, 7, 1000 and all at once, and twice over', () => {
    const whole = digestOf(1_000_000);
    expect(whole.steps).toBeGreaterThan(1500);
    for (const slice of [1, 7, 1000, 1_000_000]) expect(digestOf(slice)).toEqual(whole);
  });

  it('changes with the seed', () => {
    const of = (seed: number): string => {
      const experiment = experimentOf(FIFO, { seed });
      while (experiment.step());
      return experiment.recorder.digestHex();
    };
    expect(of(1)).not.toBe(of(2));
  });
});

describe('seeking', () => {
  it('restores the exact state of 1,000 random moments of a run of 200,000 events (seed 77)', () => {
    const over: Partial<Scenario> = { duration: '60s', devices: [{ name: 'eth0', rate: '40mbit' }], flows: BUSY_FLOWS };
    const simulation = new Simulation(experimentOf(FIFO, over));
    while (simulation.frontier < 200_000 && simulation.advance(1000) > 0);
    expect(simulation.frontier).toBe(200_000);
    const end = simulation.stateDigest();
    const stream: RandomStream = { state: new Int32Array(4), at: 0 };
    seedStream(stream, 77, 'seek');
    const targets = Array.from({ length: 1000 }, () => nextBelow(stream, 200_000));
    const fresh = experimentOf(FIFO, over);
    const wanted = new Map<number, string>();
    for (const step of targets.toSorted((a, b) => a - b)) {
      while (fresh.steps < step) fresh.step();
      wanted.set(step, digestMemory(fresh.memory, fresh.stack));
    }
    const wrong = targets.filter((step) => {
      simulation.seek(step);
      return simulation.stateDigest() !== wanted.get(step);
    });
    expect(wrong).toEqual([]);
    simulation.seek(simulation.frontier);
    expect(simulation.stateDigest()).toBe(end);
  });

  it('does not change what is recorded afterwards', () => {
    const whole = digestOf(1_000_000).digest;
    const simulation = new Simulation(experimentOf(FIFO, {}, () => {}));
    for (let at = 100; simulation.advance(100) > 0; at += 100) simulation.seek(Math.floor(at / 3));
    expect(simulation.experiment.recorder.digestHex()).toBe(whole);
  });
});

describe('the fold of the log', () => {
  it('agrees with the engine after every step: trees, colours, counters', () => {
    const log = new TraceLog();
    const packets = new PacketTable();
    const experiment = experimentOf(FIFO, {}, (chunk) => {
      log.append(chunk);
      packets.extend(log);
    });
    const seeker = new SceneSeeker(log, packets.facts);
    const map = [...(experiment.instances[0]?.maps.skbMaps.values() ?? [])][0] ?? expect.fail();
    while (experiment.step()) {
      experiment.recorder.flush();
      const scene = seeker.at(log.length);
      const tree = scene.trees.get(map.index);
      const statistics = experiment.instances[0]?.qdisc.statistics();
      const counters = scene.qdiscs.get(0);
      if (counters !== undefined) {
        expect(counters).toMatchObject({
          sentPackets: statistics?.sentPackets,
          sentBytes: statistics?.sentBytes,
          dropped: statistics?.dropped,
          backlogPackets: statistics?.qlen,
          backlogBytes: statistics?.backlog,
        });
      }
      expect(tree?.size ?? 0).toBe(map.used);
      for (let slot = map.nextPacket(NO_NODE); slot !== NO_NODE; slot = map.nextPacket(slot)) {
        const { links } = map.tree;
        expect([tree?.packet[slot], tree?.links.left[slot], tree?.links.right[slot], tree?.links.colour[slot]]).toEqual([
          experiment.packets.id[slot],
          links.left[slot],
          links.right[slot],
          links.colour[slot],
        ]);
      }
    }
    const last = seeker.at(log.length);
    const totals = [...last.flows.values()].reduce((sum, flow) => sum + flow.offered, 0);
    expect(totals).toBe(experiment.qdiscBalance(0).offered);
    const middle = JSON.stringify([...seeker.at(1234).flows]);
    seeker.at(log.length);
    expect(JSON.stringify([...seeker.at(1234).flows])).toBe(middle);
  });
});
