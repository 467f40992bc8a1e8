// Carries out the calls of abi/calls-classes.ts: children of classes, filters, and cutting packets. Knows nothing of maps beyond the one
// that takes segments.

import { ERRNO } from '../maps/map.ts';
import type { SkbMap } from '../maps/skb-map.ts';
import { EVENT } from '../trace/event.ts';
import { type CallHandler, type Machine, setResult } from '../vm/machine.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import { TC_ACT } from './filter/filter-kind.ts';
import type { FilterTable, FilterVerdict } from './filter/filter-table.ts';
import { NET_XMIT } from './qdisc.ts';

/** What these calls act on. */
export interface ClassScene {
  readonly qdisc: BpfQdisc;
  readonly filters: FilterTable;
  readonly skbMap: (machine: Machine) => SkbMap;
}

/** The packet in an argument that the program holds or was offered, no longer its own; -1 after a fault. */
function giveUp({ qdisc }: ClassScene, machine: Machine, argument: number): number {
  const { packets, run } = qdisc.setup;
  const slot = packets.slotOf(machine.lo[argument] ?? 0);
  if (slot >= 0 && packets.alive(slot) && !packets.isAt(slot, 'map')) {
    if (slot === run.offered) {
      run.offered = -1;
      run.passedOn = true;
      return slot;
    }
    if (run.letGo(slot)) return slot;
  }
  machine.fault(`argument ${argument} is not a packet that the program holds`);
  return -1;
}

function enqueue(scene: ClassScene, machine: Machine): void {
  const { qdisc } = scene;
  const slot = giveUp(scene, machine, 1);
  if (slot < 0) return;
  const at = machine.callSlot;
  const classid = (machine.lo[2] ?? 0) >>> 0;
  const told = machine.nested(() => qdisc.giveToClass(slot, classid));
  if (told === null) qdisc.drop(slot, 'NO_CHILD', at);
  setResult(machine, told ?? NET_XMIT.DROP);
}

function dequeue({ qdisc }: ClassScene, machine: Machine): void {
  const { packets, run } = qdisc.setup;
  const classid = (machine.lo[1] ?? 0) >>> 0;
  const slot = machine.nested(() => qdisc.takeFromClass(classid)) ?? -1;
  if (slot < 0) return setResult(machine, 0);
  run.held.push(slot);
  run.taken = slot;
  machine.lo[0] = packets.address(slot);
  machine.hi[0] = 0;
}

function peek({ qdisc }: ClassScene, machine: Machine): void {
  const classid = (machine.lo[1] ?? 0) >>> 0;
  const slot = machine.nested(() => qdisc.peekClass(classid));
  machine.lo[0] = slot < 0 ? 0 : qdisc.setup.packets.address(slot);
  machine.hi[0] = 0;
}

function segment(scene: ClassScene, machine: Machine): void {
  const { qdisc } = scene;
  const { packets, recorder, run } = qdisc.setup;
  const map = scene.skbMap(machine);
  const slot = packets.slotOf(machine.lo[2] ?? 0);
  if (slot < 0 || !packets.alive(slot)) return machine.fault('the second argument is not a live packet');
  if (packets.isAt(slot, 'map')) return setResult(machine, ERRNO.EBUSY);
  const key = (BigInt((machine.hi[3] ?? 0) >>> 0) << 32n) | BigInt((machine.lo[3] ?? 0) >>> 0);
  const at = machine.callSlot;
  const result = qdisc.segment(slot, map.definition.maxEntries - map.used, (made, number) => {
    const own = key + BigInt(number);
    const [low, high] = [Number(BigInt.asIntN(32, own)), Number(BigInt.asIntN(32, own >> 32n))];
    packets.keyLow[made] = low;
    packets.keyHigh[made] = high;
    packets.inMap[made] = map.index;
    packets.move(made, 'map');
    recorder.record(EVENT.MAP_PUSH, packets.id[made] ?? 0, map.index, low, high, at);
    map.insert(made);
  });
  if (result === 0) {
    if (slot === run.offered) {
      run.offered = -1;
      run.passedOn = true;
    } else run.letGo(slot);
  }
  setResult(machine, result);
}

/** What the filters of a place say; null where there is no such place, or no filter. */
function verdict({ qdisc, filters }: ClassScene, machine: Machine, device: number, handle: number): FilterVerdict | null {
  const { packets, tree } = qdisc.setup;
  const slot = packets.slotOf(machine.lo[1] ?? 0);
  if (slot < 0 || !packets.alive(slot)) {
    machine.fault('the first argument is not a live packet');
    return null;
  }
  const of = tree.byHandle(device, handle);
  return of === null ? null : filters.classify(packets, slot, of.index, handle & 0xffff);
}

/** Class of a match; 0 for none, and where the action keeps the packet (specification 5). */
function classify(scene: ClassScene, machine: Machine): void {
  const device = (machine.lo[2] ?? 0) - 1;
  const found = verdict(scene, machine, device, (machine.lo[3] ?? 0) >>> 0);
  const lost: readonly number[] = [TC_ACT.shot, TC_ACT.stolen, TC_ACT.queued, TC_ACT.trap];
  const matched = found !== null && found.action >= 0 && !lost.includes(found.action);
  machine.lo[0] = matched ? found.classid | 0 : 0;
  machine.hi[0] = 0;
}

function filter(scene: ClassScene, machine: Machine): void {
  const { memory, tree } = scene.qdisc.setup;
  if ((machine.lo[4] ?? 0) !== 4) return setResult(machine, ERRNO.EINVAL);
  const found = verdict(scene, machine, tree.deviceOf(scene.qdisc.index), (machine.lo[2] ?? 0) >>> 0);
  memory.view.setInt32(machine.lo[3] ?? 0, found?.classid ?? 0, true);
  setResult(machine, found === null ? ERRNO.ENOENT : found.action);
}

/** Handlers by helper id. */
export function bindClassCalls(scene: ClassScene): readonly (readonly [number, CallHandler])[] {
  return [
    [2020, (machine) => enqueue(scene, machine)],
    [2021, (machine) => dequeue(scene, machine)],
    [2022, (machine) => peek(scene, machine)],
    [2023, (machine) => setResult(machine, scene.qdisc.classQueue((machine.lo[1] ?? 0) >>> 0, 'qlen'))],
    [2028, (machine) => setResult(machine, scene.qdisc.classQueue((machine.lo[1] ?? 0) >>> 0, 'backlog'))],
    [2024, (machine) => segment(scene, machine)],
    [2025, (machine) => classify(scene, machine)],
    [2026, (machine) => classify(scene, machine)],
    [2027, (machine) => filter(scene, machine)],
  ];
}
