// Maps whose values are maps (Linux kernel/bpf/map_in_map.c): an array or a hash of the handles that programs know maps by.
// Programs look up; only the loader and user space put maps in. Knows nothing of the inner maps.

import { mapTypeOf } from '../abi/map-types.ts';
import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { ArrayMap } from './array-map.ts';
import { HashMap } from './hash-map.ts';
import { ERRNO, type MapEntry, type RunMap } from './map.ts';

/** A handle takes eight bytes, like the pointer it stands for. */
const HANDLE_BYTES = 8;
const holderOf = (definition: ObjectMap): ObjectMap => ({ ...definition, valueSize: HANDLE_BYTES });
const isArray = (definition: ObjectMap): boolean => mapTypeOf(definition.type)?.name === 'array_of_maps';

export class MapOfMaps implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  private readonly memory: RunMemory;
  private readonly holder: ArrayMap | HashMap;
  private readonly scratch: number;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    const holder = holderOf(definition);
    this.holder = isArray(definition) ? new ArrayMap(memory, index, holder) : new HashMap(memory, index, holder);
    this.scratch = memory.allocateProgram(HANDLE_BYTES);
  }

  /** Host and program bytes such a map needs. */
  static bytes(definition: ObjectMap): { readonly host: number; readonly program: number } {
    const holder = holderOf(definition);
    const inner = isArray(definition) ? { host: 0, program: ArrayMap.bytes(holder) } : HashMap.bytes(holder);
    return { host: inner.host, program: inner.program + HANDLE_BYTES };
  }

  get used(): number {
    let count = 0;
    this.walk(() => {
      count++;
      return true;
    });
    return count;
  }

  /** Handle of the inner map, or 0. */
  lookup(keyAddress: number): number {
    const at = this.holder.lookup(keyAddress);
    return at === 0 ? 0 : this.memory.view.getUint32(at, true);
  }

  /** Puts a map in, as the loader and user space do; 0 or a negative error number. */
  put(keyAddress: number, handle: number, flags: number): number {
    this.memory.view.setUint32(this.scratch, handle, true);
    this.memory.view.setUint32(this.scratch + 4, 0, true);
    return this.holder.update(keyAddress, this.scratch, flags);
  }

  /** Programs may not put maps in (the verifier refuses it). */
  update(_keyAddress: number, _valueAddress: number, _flags: number): number {
    return ERRNO.EINVAL;
  }

  remove(keyAddress: number): number {
    return this.holder instanceof ArrayMap ? this.put(keyAddress, 0, 0) : this.holder.remove(keyAddress);
  }

  /** Visits the places that hold a map; values are handles. */
  walk(visit: (entry: MapEntry) => boolean): number {
    let visited = 0;
    this.holder.walk((entry) => {
      if (this.memory.view.getUint32(entry.valueAddress, true) === 0) return true;
      visited++;
      return visit(entry);
    });
    return visited;
  }
}
