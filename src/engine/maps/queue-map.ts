// Queue and stack maps (Linux kernel/bpf/queue_stack_maps.c): values without keys, first or last in first out. The ring lies in program
// memory, its counters in host memory.

import { mapTypeOf } from '../abi/map-types.ts';
import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { ERRNO, type MapEntry, type RunMap, UPDATE_FLAG } from './map.ts';

const roundUp8 = (value: number): number => (value + 7) & ~7;

export class QueueMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  private readonly memory: RunMemory;
  private readonly stride: number;
  private readonly ring: number;
  private readonly isStack: boolean;
  /** [0] position of the oldest element, [1] elements. */
  private readonly words: Int32Array;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    this.stride = roundUp8(definition.valueSize);
    this.ring = memory.allocateProgram(this.stride * definition.maxEntries, 64);
    this.words = memory.hostInt32(2);
    this.isStack = mapTypeOf(definition.type)?.name === 'stack';
  }

  /** Program bytes such a map needs. */
  static bytes(definition: ObjectMap): number {
    return roundUp8(definition.valueSize) * definition.maxEntries + 64;
  }

  get used(): number {
    return this.words[1] ?? 0;
  }

  private place(position: number): number {
    return this.ring + (((this.words[0] ?? 0) + position) % this.definition.maxEntries) * this.stride;
  }

  /** -E2BIG when full, unless flags say BPF_EXIST: then the oldest element makes room. */
  push(valueAddress: number, flags: number): number {
    if (flags !== UPDATE_FLAG.ANY && flags !== UPDATE_FLAG.EXIST) return ERRNO.EINVAL;
    if (this.used === this.definition.maxEntries) {
      if (flags !== UPDATE_FLAG.EXIST) return ERRNO.E2BIG;
      this.dropOldest();
    }
    this.memory.u8.copyWithin(this.place(this.used), valueAddress, valueAddress + this.definition.valueSize);
    this.words[1] = this.used + 1;
    return 0;
  }

  private dropOldest(): void {
    this.words[0] = ((this.words[0] ?? 0) + 1) % this.definition.maxEntries;
    this.words[1] = this.used - 1;
  }

  /** Copies the next element out; `take` removes it. -ENOENT (and zeros) when there is none. */
  next(valueAddress: number, take: boolean): number {
    const { u8 } = this.memory;
    const bytes = this.definition.valueSize;
    if (this.used === 0) {
      u8.fill(0, valueAddress, valueAddress + bytes);
      return ERRNO.ENOENT;
    }
    const from = this.place(this.isStack ? this.used - 1 : 0);
    u8.copyWithin(valueAddress, from, from + bytes);
    if (take && this.isStack) this.words[1] = this.used - 1;
    else if (take) this.dropOldest();
    return 0;
  }

  lookup(_keyAddress: number): number {
    return 0;
  }

  update(_keyAddress: number, valueAddress: number, flags: number): number {
    return this.push(valueAddress, flags);
  }

  remove(_keyAddress: number): number {
    return ERRNO.EINVAL;
  }

  walk(visit: (entry: MapEntry) => boolean): number {
    for (let position = 0; position < this.used; position++) {
      if (!visit({ keyAddress: 0, valueAddress: this.place(position), slot: -1 })) return position + 1;
    }
    return this.used;
  }
}
