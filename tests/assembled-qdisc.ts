// Qdiscs for tests, written in assembly: maps are named by their index, `.bss` is an ordinary map entry. Verified like any other.

import type { ProfileId, QuirkId } from '../src/engine/abi/profile.ts';
import { prepareObject } from '../src/engine/build.ts';
import { assemble } from '../src/engine/isa/assemble.ts';
import { NO_KERNEL_PARTS, type ObjectMap, type ProgramObject } from '../src/engine/object/program-object.ts';
import { createExperiment, type Experiment } from '../src/engine/sim/experiment.ts';
import type { Scenario } from '../src/engine/sim/scenario.ts';
import type { AttachableProgram } from '../src/engine/tc/attachable-program.ts';
import type { ChunkSink } from '../src/engine/trace/recorder.ts';
import { Recorder } from '../src/engine/trace/recorder.ts';

const plain = { flags: 0, pinning: 0, keyType: null, valueType: null, data: null, inner: null, line: null };

export const skbMap = (name: string, maxEntries: number, over: Partial<ObjectMap> = {}): ObjectMap => ({
  ...plain,
  name,
  type: 201,
  keySize: 8,
  valueSize: 0,
  maxEntries,
  ...over,
});

/** A zeroed, writable data section of `bytes` bytes. */
export const bss = (bytes: number): ObjectMap => ({
  ...plain,
  name: '.bss',
  type: 2,
  keySize: 4,
  valueSize: bytes,
  maxEntries: 1,
  data: { section: '.bss', bytes: new Uint8Array(bytes), variables: [], readOnly: false, relocations: [] },
});

export interface AssembledQdisc {
  readonly profile?: ProfileId;
  readonly quirks?: readonly QuirkId[];
  readonly maps: readonly ObjectMap[];
  readonly enqueue: string;
  readonly dequeue: string;
}

function codeOf(text: string) {
  const { code, problems } = assemble(text);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return code;
}

export function assembledObject({ profile = 'v4', maps, enqueue, dequeue }: AssembledQdisc): ProgramObject {
  const program = (name: string, text: string) => ({
    name,
    section: `qdisc/${name}`,
    linkage: 'global' as const,
    code: codeOf(text),
    relocations: [],
    lines: [],
    type: null,
    stackBytes: 0,
  });
  return {
    ...NO_KERNEL_PARTS,
    name: 'assembled',
    profile,
    license: 'GPL',
    files: [],
    functions: [program('enqueue', enqueue), program('dequeue', dequeue)],
    maps,
  };
}

/** Verifies; a rejection fails the test with the verifier's words. */
export function attachable(qdisc: AssembledQdisc): AttachableProgram {
  const prepared = prepareObject(assembledObject(qdisc), { profile: null, quirks: qdisc.quirks ?? [], set: {} });
  if (prepared.attachable === null) throw new Error(prepared.diagnostics.map((item) => item.message).join('\n'));
  return prepared.attachable;
}

export const FIFO: AssembledQdisc = {
  maps: [skbMap('queue', 8), bss(16)],
  enqueue: `r6 = r1
    r7 = map_value 1 + 8 ll
    r3 = *(u64 *)(r7 + 0)
    r2 = *(u64 *)(r6 + 0)
    r1 = map 0 ll
    call 2001
    if r0 != 0 goto full
    r1 = *(u64 *)(r7 + 0)
    r1 += 1
    *(u64 *)(r7 + 0) = r1
    r0 = 1
    exit
    full: r0 = 2
    exit`,
  dequeue: `r6 = r1
    r7 = map_value 1 + 0 ll
    r2 = *(u64 *)(r7 + 0)
    r1 = map 0 ll
    call 2002
    if r0 == 0 goto out
    *(u64 *)(r6 + 0) = r0
    r1 = *(u64 *)(r7 + 0)
    r1 += 1
    *(u64 *)(r7 + 0) = r1
    out: r0 = 0
    exit`,
};

/** Four flows of 11 Mbit/s together on a link of 10 Mbit/s. */
export const SCENARIO: Scenario = {
  version: 1,
  title: 'test',
  seed: 5,
  duration: '1s',
  programs: { main: { gallery: 'fifo' } },
  devices: [{ name: 'eth0', rate: '10mbit' }],
  tc: ['qdisc add dev eth0 root handle 1: bpf obj main'],
  flows: [
    { name: 'a', kind: 'constant', rate: '3mbit', size: '1514b' },
    { name: 'b', kind: 'poisson', rate: '4mbit', size: ['214b', '1514b'] },
    { name: 'c', kind: 'poisson', rate: '2mbit', size: '590b' },
    { name: 'd', kind: 'burst', count: 6, interval: '30ms', size: '1214b' },
  ],
};

/** Builds the run of a scenario whose only program is `qdisc`. */
export function experimentOf(qdisc: AssembledQdisc, over: Partial<Scenario> = {}, sink: ChunkSink | null = null): Experiment {
  const result = createExperiment({ ...SCENARIO, ...over }, new Map([['main', attachable(qdisc)]]), new Recorder(sink));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.experiment;
}
