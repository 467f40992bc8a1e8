// Program array (Linux kernel/bpf/arraymap.c): what tail calls jump through. Holds numbers of programs; programs cannot read it. Knows
// nothing of how a tail call is carried out.

import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { KeylessMap } from './keyless-map.ts';
import type { RunMap } from './map.ts';

export class ProgramArray extends KeylessMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  /** 1 + number of the program in each slot; 0 for an empty one. */
  private readonly slots: Int32Array;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    super();
    this.index = index;
    this.definition = definition;
    this.slots = memory.hostInt32(definition.maxEntries);
  }

  /** Host bytes such a map needs. */
  static bytes(definition: ObjectMap): number {
    return definition.maxEntries * 4 + 16;
  }

  get used(): number {
    return this.slots.reduce((count, slot) => count + (slot === 0 ? 0 : 1), 0);
  }

  put(slot: number, program: number): void {
    if (slot < this.slots.length) this.slots[slot] = program + 1;
  }

  /** Number of the program in a slot; -1 for an empty slot or none. */
  program(slot: number): number {
    return (this.slots[slot] ?? 0) - 1;
  }
}
