// Binds the two verified programs of a qdisc to its maps and calls. Knows nothing of when they run.

import { ArrayMap } from '../maps/array-map.ts';
import { MAP_HANDLE_BASE } from '../maps/map.ts';
import { type EngineChoice, instantiate, type Surroundings, type VerifiedProgram } from '../vm/instantiate.ts';
import type { ProgramInstance } from '../vm/machine.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import { bindCalls, type CallScene } from './call-bindings.ts';
import type { QdiscMaps } from './qdisc-maps.ts';

/** Instances of the programs over the run's memory. Deleting by key is wired to the qdisc, which drops the packet. */
export function bindPrograms(
  scene: CallScene,
  maps: QdiscMaps,
  place: Pick<Surroundings, 'memory' | 'stackBase'>,
  qdisc: BpfQdisc,
  enqueue: VerifiedProgram,
  dequeue: VerifiedProgram,
  engine: EngineChoice,
  change: VerifiedProgram | null = null,
  peek: VerifiedProgram | null = null,
): {
  readonly enqueue: ProgramInstance;
  readonly dequeue: ProgramInstance;
  readonly change: ProgramInstance | null;
  readonly peek: ProgramInstance | null;
} {
  const calls = bindCalls(scene);
  const bindings = {
    mapHandle: (index: number) => MAP_HANDLE_BASE + scene.firstMap + index,
    mapValueAddress: (index: number) => {
      const map = maps.all[index];
      return map instanceof ArrayMap ? map.values : 0;
    },
    arrayPlace: (index: number) => {
      const map = maps.all[index];
      return map instanceof ArrayMap ? { values: map.values, stride: map.stride, maxEntries: map.definition.maxEntries } : null;
    },
    helper: (id: number) => calls.get(id),
    kfunc: () => undefined,
  };
  for (const map of maps.skbMaps.values()) {
    map.onDelete = (slot) => qdisc.removeFromMap(slot, 'DELETED', scene.run.callSlot);
  }
  relocateData(maps);
  return {
    enqueue: instantiate(enqueue, { ...place, bindings }, engine),
    dequeue: instantiate(dequeue, { ...place, bindings }, engine),
    change: change === null ? null : instantiate(change, { ...place, bindings }, engine),
    peek: peek === null ? null : instantiate(peek, { ...place, bindings }, engine),
  };

  /** Pointers inside initialised data become addresses. */
  function relocateData(own: QdiscMaps): void {
    for (const map of own.all) {
      if (!(map instanceof ArrayMap) || map.definition.data === null) continue;
      for (const { offset, target, addend } of map.definition.data.relocations) {
        place.memory.view.setInt32(map.values + offset, bindings.mapValueAddress(target) + addend, true);
        place.memory.view.setInt32(map.values + offset + 4, 0, true);
      }
    }
  }
}
