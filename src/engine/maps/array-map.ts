// Array map (Linux kernel/bpf/arraymap.c): values side by side, zeroed, always present. Data sections are arrays with one entry.

import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { ERRNO, type MapEntry, type RunMap, UPDATE_FLAG } from './map.ts';

const roundUp8 = (value: number): number => (value + 7) & ~7;

export class ArrayMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  /** Address of value 0. */
  readonly values: number;
  /** Bytes from one value to the next. */
  readonly stride: number;
  private readonly memory: RunMemory;
  private readonly keyScratch: number;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    this.stride = roundUp8(definition.valueSize);
    this.values = memory.allocateProgram(this.stride * definition.maxEntries, 64);
    this.keyScratch = memory.allocateProgram(8);
    if (definition.data !== null) memory.u8.set(definition.data.bytes.subarray(0, definition.valueSize), this.values);
  }

  /** Program bytes such a map needs. */
  static bytes(definition: ObjectMap): number {
    return roundUp8(definition.valueSize) * definition.maxEntries + 80;
  }

  get used(): number {
    return this.definition.maxEntries;
  }

  /** Address of the value with a number, which must be in range. */
  valueAddress(key: number): number {
    return this.values + key * this.stride;
  }

  lookup(keyAddress: number): number {
    const key = this.memory.view.getUint32(keyAddress, true);
    return key < this.definition.maxEntries ? this.valueAddress(key) : 0;
  }

  update(keyAddress: number, valueAddress: number, flags: number): number {
    if (flags > UPDATE_FLAG.EXIST) return ERRNO.EINVAL;
    const at = this.lookup(keyAddress);
    if (at === 0) return ERRNO.E2BIG;
    if (flags === UPDATE_FLAG.NOEXIST) return ERRNO.EEXIST;
    this.memory.u8.copyWithin(at, valueAddress, valueAddress + this.definition.valueSize);
    return 0;
  }

  remove(_keyAddress: number): number {
    return ERRNO.EINVAL;
  }

  walk(visit: (entry: MapEntry) => boolean): number {
    for (let key = 0; key < this.definition.maxEntries; key++) {
      this.memory.view.setUint32(this.keyScratch, key, true);
      if (!visit({ keyAddress: this.keyScratch, valueAddress: this.valueAddress(key), slot: -1 })) return key + 1;
    }
    return this.definition.maxEntries;
  }
}
