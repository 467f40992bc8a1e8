// Builds one qdisc of a run from a program: its maps, its place in the tree, its programs bound to them. Knows nothing of devices, links
// or tc's text.

import type { RandomStream } from '../base/prng.ts';
import { ArrayMap } from '../maps/array-map.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { EngineChoice, VerifiedProgram } from '../vm/instantiate.ts';
import { FRAME_BYTES, MAX_FRAMES } from '../vm/machine.ts';
import type { RunMemory } from '../vm/memory.ts';
import type { AttachableProgram } from './attachable-program.ts';
import { BpfQdisc } from './bpf-qdisc.ts';
import type { FilterTable } from './filter/filter-table.ts';
import type { PacketPool } from './packet.ts';
import { ProgramRun, type RunNumbers } from './program-run.ts';
import type { QdiscServices } from './qdisc.ts';
import { createMaps, type QdiscMaps } from './qdisc-maps.ts';
import { bindPrograms } from './qdisc-programs.ts';
import type { QdiscTree } from './qdisc-tree.ts';

/** Bytes of the stack that the programs of one qdisc share: a child's programs run inside its parent's. */
export const QDISC_STACK_BYTES = FRAME_BYTES * MAX_FRAMES;

/** What all qdiscs of a run share. */
export interface QdiscSurroundings {
  readonly memory: RunMemory;
  readonly packets: PacketPool;
  readonly recorder: Recorder;
  readonly services: QdiscServices;
  readonly tree: QdiscTree;
  readonly filters: FilterTable;
  readonly numbers: RunNumbers;
  readonly engine: EngineChoice;
  /** Random values to hand out before those of the qdisc's own stream: a replay's. */
  readonly recordedRandom?: () => number | undefined;
}

export interface InstancePlan {
  readonly index: number;
  /** major:0. */
  readonly handle: number;
  readonly device: number;
  readonly program: AttachableProgram;
  readonly enqueue: VerifiedProgram;
  readonly dequeue: VerifiedProgram;
  /** Number of its first map. */
  readonly firstMap: number;
  /** Address of its stack. */
  readonly stackBase: number;
  readonly random: RandomStream;
}

export interface BuiltQdisc {
  readonly qdisc: BpfQdisc;
  readonly maps: QdiscMaps;
  /** The same program with other knobs: fresh read-only data, everything else stays (contracts 2). Runs `qdisc/change`. */
  readonly change: (program: AttachableProgram) => void;
}

const verifiedOf = (program: AttachableProgram, kind: string): VerifiedProgram | null =>
  program.programs.find((item) => item.kind === kind)?.verified ?? null;

export function buildQdisc(around: QdiscSurroundings, plan: InstancePlan): BuiltQdisc {
  const { memory, packets, recorder, services, tree, filters, numbers, engine } = around;
  const { index, handle, program, firstMap, stackBase, random } = plan;
  const run = new ProgramRun(numbers);
  const maps = createMaps(memory, packets, recorder, program, firstMap);
  const { profile, quirks } = program;
  const { skbMaps } = maps;
  const qdisc = new BpfQdisc({ index, handle, profile, quirks, memory, packets, recorder, services, run, skbMaps, tree });
  tree.register(qdisc, plan.device);
  const scene = {
    qdisc: index,
    bpf: qdisc,
    filters,
    packets,
    recorder,
    maps: maps.all,
    firstMap,
    random,
    quirks,
    run,
    recordedRandom: around.recordedRandom ?? (() => undefined),
    now: () => services.now(),
    warn: qdisc.warn.bind(qdisc),
    drop: qdisc.drop.bind(qdisc),
  };
  const bind = (from: AttachableProgram, enqueue: VerifiedProgram, dequeue: VerifiedProgram): void => {
    const change = verifiedOf(from, 'qdisc/change');
    const peek = verifiedOf(from, 'qdisc/peek');
    const bound = bindPrograms(scene, maps, { memory, stackBase }, qdisc, enqueue, dequeue, engine, change, peek);
    qdisc.attach(bound.enqueue, bound.dequeue, bound.change, bound.peek);
  };
  bind(program, plan.enqueue, plan.dequeue);
  const change = (changed: AttachableProgram): void => {
    changed.maps.forEach((definition, at) => {
      const map = maps.all[at];
      if (definition.data?.readOnly && map instanceof ArrayMap) memory.u8.set(definition.data.bytes, map.values);
    });
    const enqueue = verifiedOf(changed, 'qdisc/enqueue') ?? plan.enqueue;
    bind(changed, enqueue, verifiedOf(changed, 'qdisc/dequeue') ?? plan.dequeue);
    qdisc.changed();
  };
  return { qdisc, maps, change };
}

/** Writes the options of a class into the program's `class_options`, where it has that map (contracts 2); names it lacks come back. */
export function writeClassOptions(
  memory: RunMemory,
  maps: QdiscMaps,
  minor: number,
  options: Readonly<Record<string, number>>,
): string[] {
  const map = maps.all.find((item) => item.definition.name === 'class_options');
  if (!(map instanceof ArrayMap) || minor >= map.definition.maxEntries) return Object.keys(options);
  const type = map.definition.valueType;
  const members = type !== null && type.kind === 'struct' ? (type.members ?? []) : [];
  const missing: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    const member = members.find((item) => item.name === name);
    if (member === undefined) missing.push(name);
    else memory.view.setUint32(map.valueAddress(minor) + member.offset, value >>> 0, true);
  }
  return missing;
}

/** Clears the options of a class. */
export function clearClassOptions(memory: RunMemory, maps: QdiscMaps, minor: number): void {
  const map = maps.all.find((item) => item.definition.name === 'class_options');
  if (!(map instanceof ArrayMap) || minor >= map.definition.maxEntries) return;
  memory.u8.fill(0, map.valueAddress(minor), map.valueAddress(minor) + map.definition.valueSize);
}
