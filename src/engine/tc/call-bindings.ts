// Carries out the calls of abi/calls.ts for the programs of one qdisc: maps, clock, random numbers, console, and the two skb
// map calls with their effect on the ledger. Knows nothing of return codes or statistics beyond the qdisc's own hooks.

import { QDISC_DROP_REASONS } from '../abi/drop-reasons.ts';
import { nextU32, type RandomStream } from '../base/prng.ts';
import { NO_NODE } from '../base/red-black-links.ts';
import { ERRNO, MAP_HANDLE_BASE, type RunMap } from '../maps/map.ts';
import { SkbMap } from '../maps/skb-map.ts';
import { type DropReason, EVENT } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import { type CallHandler, type Machine, setResult } from '../vm/machine.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import { bindClassCalls } from './class-calls.ts';
import { setCongestionExperienced } from './ecn.ts';
import type { FilterTable } from './filter/filter-table.ts';
import { type PacketPool, SKB } from './packet.ts';
import { formatPrintk } from './printk.ts';
import type { ProgramRun } from './program-run.ts';
import type { Quirks } from './quirks.ts';

/** What the calls of one qdisc act on. */
export interface CallScene {
  readonly qdisc: number;
  /** The same, for the calls that reach its classes. */
  readonly bpf: BpfQdisc;
  readonly filters: FilterTable;
  readonly packets: PacketPool;
  readonly recorder: Recorder;
  /** The qdisc's own maps; `firstMap` is the number of the first. */
  readonly maps: readonly RunMap[];
  readonly firstMap: number;
  readonly random: RandomStream;
  /** Values to hand out before the stream's; undefined when there are no more. */
  readonly recordedRandom: () => number | undefined;
  readonly quirks: Quirks;
  readonly run: ProgramRun;
  /** Simulated time in ns. */
  readonly now: () => number;
  readonly warn: (packet: number, message: string, slot: number) => void;
  /** Drops a packet that the program holds, on the qdisc's account. */
  readonly drop: (packetSlot: number, reason: DropReason, slot: number) => void;
}

const mapOf = (scene: CallScene, machine: Machine): RunMap => {
  const map = scene.maps[(machine.lo[1] ?? 0) - MAP_HANDLE_BASE - scene.firstMap];
  return map ?? machine.fault('the first argument is not a map');
};

function skbMapOf(scene: CallScene, machine: Machine): SkbMap {
  const map = mapOf(scene, machine);
  return map instanceof SkbMap ? map : machine.fault(`${map.definition.name} is not an skb map`);
}

function push(scene: CallScene, machine: Machine): void {
  const map = skbMapOf(scene, machine);
  const { packets, recorder, run } = scene;
  const slot = packets.slotOf(machine.lo[2] ?? 0);
  if (slot < 0 || !packets.alive(slot)) return machine.fault('the second argument is not a live packet');
  const low = machine.lo[3] ?? 0;
  const high = machine.hi[3] ?? 0;
  const id = packets.id[slot] ?? 0;
  run.pushSlot = machine.callSlot;
  if (packets.isAt(slot, 'map')) {
    if (!scene.quirks.has('Q6')) return setResult(machine, ERRNO.EBUSY);
    scene.warn(id, 'the packet was pushed although it is in a map already: its tree node is overwritten (Q6)', machine.callSlot);
    return setResult(machine, 0);
  }
  if (map.refuses()) {
    if (slot === run.offered) run.refusedForRoom = true;
    recorder.record(EVENT.MAP_FULL, id, map.index, low, high, machine.callSlot);
    return setResult(machine, ERRNO.ENOBUFS);
  }
  run.letGo(slot);
  packets.keyLow[slot] = low;
  packets.keyHigh[slot] = high;
  packets.inMap[slot] = map.index;
  packets.move(slot, 'map');
  if (scene.quirks.has('Q18')) packets.setField(slot, SKB.dataMeta, low);
  recorder.record(EVENT.MAP_PUSH, id, map.index, low, high, machine.callSlot);
  map.insert(slot);
  setResult(machine, 0);
}

function pop(scene: CallScene, machine: Machine): void {
  const map = skbMapOf(scene, machine);
  take(scene, machine, map, map.find(machine.lo[2] ?? 0, machine.hi[2] ?? 0));
}

/** Hands the packet in a slot of the map to the program; NULL for no slot. */
function take(scene: CallScene, machine: Machine, map: SkbMap, slot: number): void {
  const { packets, recorder, run } = scene;
  if (slot === NO_NODE) return setResult(machine, 0);
  const low = packets.keyLow[slot] ?? 0;
  const high = packets.keyHigh[slot] ?? 0;
  recorder.record(EVENT.MAP_POP, packets.id[slot] ?? 0, map.index, low, high, machine.callSlot);
  map.take(slot, true);
  packets.inMap[slot] = -1;
  packets.move(slot, 'program');
  run.held.push(slot);
  machine.lo[0] = packets.address(slot);
  machine.hi[0] = 0;
}

/** bpf_skb_drop: the packet is the program's own until here. */
function dropPopped(scene: CallScene, machine: Machine): void {
  const { packets, run } = scene;
  const slot = packets.slotOf(machine.lo[1] ?? 0);
  if (slot < 0 || !run.letGo(slot)) return machine.fault('the first argument is not a packet that the program holds');
  if (slot === run.offered) {
    run.offered = -1;
    run.droppedItself = true;
  }
  scene.drop(slot, QDISC_DROP_REASONS[machine.lo[2] ?? 0] ?? 'QDISC_GENERIC', machine.callSlot);
  setResult(machine, 0);
}

function markPacket(scene: CallScene, machine: Machine): void {
  const { packets, recorder, run } = scene;
  const slot = packets.slotOf(machine.lo[1] ?? 0);
  if (slot < 0 || !packets.alive(slot)) return machine.fault('the first argument is not a live packet');
  const state = setCongestionExperienced(packets, slot);
  if (state === 'set') recorder.record(EVENT.MARKED, packets.id[slot] ?? 0, scene.qdisc, machine.callSlot, run.which);
  setResult(machine, state === 'not capable' ? 0 : 1);
}

function forEach(scene: CallScene, machine: Machine): void {
  if (((machine.lo[4] ?? 0) | (machine.hi[4] ?? 0)) !== 0) return setResult(machine, ERRNO.EINVAL);
  const map = mapOf(scene, machine);
  const handle = machine.lo[1] ?? 0;
  const callback = machine.lo[2] ?? 0;
  const context = machine.lo[3] ?? 0;
  const visited = map.walk(({ keyAddress, valueAddress }) => {
    return machine.callFunction(callback, [handle, keyAddress, valueAddress, context]) === 0;
  });
  setResult(machine, visited);
}

/** Most turns of bpf_loop (Linux BPF_MAX_LOOPS). */
const MAX_LOOPS = 8_388_608;

function loop(machine: Machine): void {
  if (((machine.lo[4] ?? 0) | (machine.hi[4] ?? 0)) !== 0) return setResult(machine, ERRNO.EINVAL);
  const turns = (machine.lo[1] ?? 0) >>> 0;
  if (turns > MAX_LOOPS) return setResult(machine, ERRNO.E2BIG);
  const callback = machine.lo[2] ?? 0;
  const context = machine.lo[3] ?? 0;
  let called = 0;
  while (called < turns) if (machine.callFunction(callback, [called++, context]) !== 0) break;
  setResult(machine, called);
}

function print(scene: CallScene, machine: Machine): void {
  const text = formatPrintk(machine, machine.lo[1] ?? 0, machine.lo[2] ?? 0);
  if (text === null) return setResult(machine, ERRNO.EINVAL);
  const { recorder, packets, run } = scene;
  const id = run.offered >= 0 ? (packets.id[run.offered] ?? 0) : 0;
  recorder.record(EVENT.CONSOLE, id, scene.qdisc, recorder.text(text), machine.callSlot);
  setResult(machine, text.length);
}

function setTime(machine: Machine, time: number): void {
  machine.lo[0] = (time % 4294967296) | 0;
  machine.hi[0] = Math.floor(time / 4294967296) | 0;
}

/** Handlers by helper id. */
export function bindCalls(scene: CallScene): ReadonlyMap<number, CallHandler> {
  const classes = { qdisc: scene.bpf, filters: scene.filters, skbMap: (machine: Machine) => skbMapOf(scene, machine) };
  return new Map<number, CallHandler>([
    ...bindClassCalls(classes),
    [
      1,
      (machine) => {
        machine.lo[0] = mapOf(scene, machine).lookup(machine.lo[2] ?? 0);
        machine.hi[0] = 0;
      },
    ],
    [
      2,
      (machine) => {
        const flags = machine.hi[4] === 0 ? (machine.lo[4] ?? 0) >>> 0 : 0xffffffff;
        setResult(machine, mapOf(scene, machine).update(machine.lo[2] ?? 0, machine.lo[3] ?? 0, flags));
      },
    ],
    [
      3,
      (machine) => {
        scene.run.callSlot = machine.callSlot;
        setResult(machine, mapOf(scene, machine).remove(machine.lo[2] ?? 0));
      },
    ],
    [5, (machine) => setTime(machine, scene.now())],
    [6, (machine) => print(scene, machine)],
    [
      7,
      (machine) => {
        machine.lo[0] = (scene.recordedRandom() ?? nextU32(scene.random)) | 0;
        machine.hi[0] = 0;
      },
    ],
    [164, (machine) => forEach(scene, machine)],
    [181, loop],
    [2001, (machine) => push(scene, machine)],
    [2002, (machine) => pop(scene, machine)],
    [
      2003,
      (machine) => {
        const map = skbMapOf(scene, machine);
        take(scene, machine, map, map.nextPacket(NO_NODE));
      },
    ],
    [2004, (machine) => dropPopped(scene, machine)],
    [97, (machine) => markPacket(scene, machine)],
  ]);
}
