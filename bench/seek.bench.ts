// Seeking and checkpoints: a run of 200,000 events, 1,000 random moments; a checkpoint of a queue of 2,000 packets. Prints one JSON object.

import { nextBelow, type RandomStream, seedStream } from '../src/engine/base/prng.ts';
import { Simulation } from '../src/engine/sim/simulation.ts';
import { takeSnapshot } from '../src/engine/sim/snapshot.ts';
import { bss, experimentOf, FIFO, skbMap } from '../tests/assembled-qdisc.ts';

const SEED = 4242;
const stream: RandomStream = { state: new Int32Array(4), at: 0 };
seedStream(stream, SEED, 'bench');

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
};
const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Seek times over a run of at least 200,000 steps, ms, and the state digests against a fresh run. */
function seeking(): Record<string, number> {
  const simulation = new Simulation(
    experimentOf(FIFO, {
      duration: '60s',
      devices: [{ name: 'eth0', rate: '30mbit' }],
      flows: [
        { name: 'a', kind: 'constant', rate: '12mbit', size: '1014b' },
        { name: 'b', kind: 'poisson', rate: '10mbit', size: ['214b', '1514b'] },
        { name: 'c', kind: 'poisson', rate: '9mbit', size: '590b' },
      ],
    }),
  );
  const started = performance.now();
  while (simulation.frontier < 200_000 && simulation.advance(1000) > 0);
  const ran = performance.now() - started;
  const times: number[] = [];
  const targets = Array.from({ length: 1000 }, () => nextBelow(stream, simulation.frontier));
  for (const target of targets) {
    const from = performance.now();
    simulation.seek(target);
    times.push(performance.now() - from);
  }
  return {
    steps: simulation.frontier,
    run_ms: round(ran),
    steps_per_second: Math.round((simulation.frontier / ran) * 1000),
    seek_p50_ms: round(quantile(times, 0.5)),
    seek_p95_ms: round(quantile(times, 0.95)),
    seek_max_ms: round(quantile(times, 1)),
    checkpoints: simulation.checkpointCount,
    checkpoint_mib: round(simulation.bytes() / 2 ** 20),
  };
}

/** Cost of one checkpoint with 2,000 packets queued, ms. */
function checkpointing(): Record<string, number> {
  const experiment = experimentOf(
    { ...FIFO, maps: [skbMap('queue', 2048), bss(16)] },
    {
      duration: '60s',
      devices: [{ name: 'eth0', rate: '1mbit' }],
      flows: [{ name: 'a', kind: 'constant', rate: '50mbit', size: '1514b' }],
    },
  );
  while (experiment.qdiscBalance(0).queued < 2000) for (let i = 0; i < 50; i++) experiment.step();
  let last = takeSnapshot(experiment.memory, null);
  const times: number[] = [];
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 512; i++) experiment.step();
    const from = performance.now();
    last = takeSnapshot(experiment.memory, last);
    times.push(performance.now() - from);
  }
  return { checkpoint_p50_ms: round(quantile(times, 0.5)), checkpoint_p95_ms: round(quantile(times, 0.95)) };
}

export const run = (): Record<string, unknown> => ({ name: 'seek', seed: SEED, ...seeking(), ...checkpointing() });
