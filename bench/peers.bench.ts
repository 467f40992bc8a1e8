// Packets a CPU second against ns-3 3.37 on the same traffic: 16 UDP flows through fq_codel onto 100 Mbit/s. Here fq_codel is a verified
// program and every operation is recorded; in ns-3 it is C++ and nothing is. Needs ../shared/bench/ns3, g++ and libns3-dev (Debian); says so
// and measures this side alone without them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExperiment, loadCompiler, parseScenario, prepareObject } from '../src/engine/index.ts';
import { Recorder } from '../src/engine/trace/recorder.ts';

const PEER = '../shared/bench/ns3';
const BUILD = 'build/ns3';
const ROUNDS = 3;
const ROWS = [
  { scenario: 'bench-udp16', peer: 'udp-full' },
  { scenario: 'bench-direct', peer: 'qdisc-direct' },
] as const;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** ns-3's binaries, built on first use; false where that cannot be done. */
function peersAreBuilt(): boolean {
  if (ROWS.every(({ peer }) => existsSync(join(BUILD, peer)))) return true;
  if (!existsSync(PEER)) return false;
  mkdirSync(BUILD, { recursive: true });
  const env = { ...process.env, OUT: join(process.cwd(), BUILD) };
  return spawnSync('bash', [join(PEER, 'build.sh')], { env, stdio: 'ignore' }).status === 0;
}

/** Offered packets a CPU second of one ns-3 run of ten simulated seconds. */
function peerRate(peer: string): number {
  const run = spawnSync(join(BUILD, peer), ['FqCoDel', '10', '16', '150'], { encoding: 'utf8' });
  const row = JSON.parse(run.stdout) as { offered: number; cpu_s: number };
  return row.offered / row.cpu_s;
}

/** The same for one run here: program compiled and verified before, as ns-3 is built before. */
async function ownRates(name: string): Promise<() => number> {
  const parsed = parseScenario(readFileSync(`bench/scenarios/${name}.scenario.json`, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  const { scenario } = parsed;
  const compile = await loadCompiler();
  const text = readFileSync('public/gallery/fq_codel.bpf.c', 'utf8');
  const { object } = compile({ path: 'fq_codel.bpf.c', text }, { profile: null, optimise: 2, cpu: 'v3', requireProfile: true });
  if (object === null) throw new Error('fq_codel does not compile');
  const set = scenario.programs.fq_codel?.set ?? {};
  const { attachable } = prepareObject(object, { profile: null, quirks: [], set });
  if (attachable === null) throw new Error('fq_codel is refused');
  return () => {
    const chunks: unknown[] = [];
    const recorder = new Recorder((chunk) => chunks.push(chunk));
    const result = createExperiment(scenario, new Map([['fq_codel', attachable]]), recorder, 'jit');
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const { experiment } = result;
    const before = process.cpuUsage();
    while (experiment.step());
    recorder.flush();
    const { user, system } = process.cpuUsage(before);
    return (experiment.devices[0]?.tally.offered ?? 0) / ((user + system) / 1e6);
  };
}

export async function run(): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = { name: 'peers' };
  const built = peersAreBuilt();
  if (!built) result.skipped = 'ns-3 is not there (Debian: libns3-dev, g++): this side alone';
  for (const { scenario, peer } of ROWS) {
    const rate = await ownRates(scenario);
    rate();
    const own: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(rate());
      if (built) theirs.push(peerRate(peer));
    }
    result[`${scenario}_packets_per_cpu_second`] = Math.round(median(own));
    if (!built) continue;
    result[`${scenario}_ns3_packets_per_cpu_second`] = Math.round(median(theirs));
    result[`${scenario}_over_ns3`] = Math.round(median(own.map((value, at) => value / (theirs[at] ?? value))) * 100) / 100;
  }
  return result;
}
