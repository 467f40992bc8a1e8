// Carries out class and filter commands on the tree of qdiscs: for a run of the simulator and for a replay alike. A refusal is words.
// Knows nothing of how a command was written or of how programs are found.

import type { RunMemory } from '../vm/memory.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import type { ClassCommand } from './class-command.ts';
import type { FilterCommand } from './filter/filter-command.ts';
import type { FilterTable } from './filter/filter-table.ts';
import { readClassOptions } from './kind-options.ts';
import { clearClassOptions, writeClassOptions } from './qdisc-instance.ts';
import type { QdiscMaps } from './qdisc-maps.ts';
import { classidText, type QdiscTree } from './qdisc-tree.ts';

/** What commands act on. */
export interface CommandScene {
  readonly memory: RunMemory;
  readonly tree: QdiscTree;
  readonly filters: FilterTable;
  /** Root qdisc of a device, or null. */
  readonly root: (device: number) => BpfQdisc | null;
  readonly maps: (qdisc: number) => QdiscMaps;
}

/** Carries out a class command for a device; null, or why not. */
export function executeClass(scene: CommandScene, command: ClassCommand, device: number): string | null {
  const { memory, tree } = scene;
  const { classid } = command;
  const qdisc = tree.byHandle(device, classid);
  if (command.action === 'delete') {
    if (qdisc === null) return `there is no qdisc with handle ${(classid >>> 16).toString(16)}:`;
    const refused = tree.deleteClass(device, classid);
    if (refused === null) clearClassOptions(memory, scene.maps(qdisc.index), classid & 0xffff);
    return refused;
  }
  const exists = qdisc !== null && tree.classes.find(qdisc.index, classid & 0xffff) >= 0;
  if (command.action === 'change' && !exists) return `there is no class ${classidText(classid)}`;
  const options = readClassOptions(command.kind, command.options);
  if (typeof options === 'string') return options;
  const creates = command.action === 'add' || !exists;
  if (qdisc !== null) {
    const maps = scene.maps(qdisc.index);
    if (creates && !exists) clearClassOptions(memory, maps, classid & 0xffff);
    if (!creates || !exists) {
      const [missing] = writeClassOptions(memory, maps, classid & 0xffff, options);
      if (missing !== undefined) return `the program of ${classidText(qdisc.setup.handle)} has no class option "${missing}"`;
    }
  }
  if (creates) return tree.createClass(device, command.parent ?? scene.root(device)?.setup.handle ?? 0, classid);
  if (qdisc !== null) tree.onClass(qdisc, classid);
  return null;
}

/** Carries out filter command number `index` for a device; null, or why not. */
export function executeFilter(scene: CommandScene, command: FilterCommand, index: number, device: number): string | null {
  const { tree, filters } = scene;
  const parent = command.parent ?? scene.root(device)?.setup.handle ?? 0;
  const qdisc = tree.byHandle(device, parent);
  if (qdisc === null) return `there is no qdisc with handle ${(parent >>> 16).toString(16)}:`;
  const minor = parent & 0xffff;
  if (minor !== 0 && tree.classes.find(qdisc.index, minor) < 0) return `there is no class ${classidText(parent)}`;
  return filters.apply(index, qdisc.index, minor);
}
