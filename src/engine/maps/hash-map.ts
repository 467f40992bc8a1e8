// Hash map (Linux kernel/bpf/hashtab.c, preallocated): elements in a fixed pool, buckets as chains of element numbers. The
// hash of a key is fixed, so that iteration order is the same in every run.

import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { ERRNO, type MapEntry, type RunMap, UPDATE_FLAG } from './map.ts';

const roundUp8 = (value: number): number => (value + 7) & ~7;
const bucketsFor = (entries: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, entries)));

export class HashMap implements RunMap {
  readonly index: number;
  readonly definition: ObjectMap;
  private readonly memory: RunMemory;
  private readonly heads: Int32Array;
  private readonly next: Int32Array;
  /** [0] head of the free list, [1] elements in use. */
  private readonly words: Int32Array;
  private readonly elements: number;
  private readonly keyBytes: number;
  private readonly stride: number;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    this.memory = memory;
    this.index = index;
    this.definition = definition;
    const entries = definition.maxEntries;
    this.heads = memory.hostInt32(bucketsFor(entries)).fill(-1);
    this.next = memory.hostInt32(entries);
    this.words = memory.hostInt32(2);
    for (let i = 0; i < entries; i++) this.next[i] = i + 1 < entries ? i + 1 : -1;
    this.keyBytes = roundUp8(definition.keySize);
    this.stride = this.keyBytes + roundUp8(definition.valueSize);
    this.elements = memory.allocateProgram(this.stride * entries, 64);
  }

  /** Host and program bytes such a map needs. */
  static bytes(definition: ObjectMap): { readonly host: number; readonly program: number } {
    const { maxEntries: n, keySize, valueSize } = definition;
    return { host: (bucketsFor(n) + n) * 4 + 64, program: (roundUp8(keySize) + roundUp8(valueSize)) * n + 64 };
  }

  get used(): number {
    return this.words[1] ?? 0;
  }

  private bucket(keyAddress: number): number {
    let hash = 0x811c9dc5;
    const { u8 } = this.memory;
    for (let i = 0; i < this.definition.keySize; i++) hash = Math.imul(hash ^ (u8[keyAddress + i] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    return (hash >>> 0) & (this.heads.length - 1);
  }

  private keyAt(element: number): number {
    return this.elements + element * this.stride;
  }

  private sameKey(element: number, keyAddress: number): boolean {
    const { u8 } = this.memory;
    const at = this.keyAt(element);
    for (let i = 0; i < this.definition.keySize; i++) if (u8[at + i] !== u8[keyAddress + i]) return false;
    return true;
  }

  /** Number of the element with a key, or -1. */
  protected find(keyAddress: number): number {
    for (let element = this.heads[this.bucket(keyAddress)] ?? -1; element >= 0; element = this.next[element] ?? -1) {
      if (this.sameKey(element, keyAddress)) return element;
    }
    return -1;
  }

  lookup(keyAddress: number): number {
    const element = this.find(keyAddress);
    return element < 0 ? 0 : this.keyAt(element) + this.keyBytes;
  }

  update(keyAddress: number, valueAddress: number, flags: number): number {
    if (flags > UPDATE_FLAG.EXIST) return ERRNO.EINVAL;
    const { u8 } = this.memory;
    let element = this.find(keyAddress);
    if (element >= 0 && flags === UPDATE_FLAG.NOEXIST) return ERRNO.EEXIST;
    if (element < 0) {
      if (flags === UPDATE_FLAG.EXIST) return ERRNO.ENOENT;
      element = this.words[0] ?? -1;
      if (element < 0) return ERRNO.E2BIG;
      this.words[0] = this.next[element] ?? -1;
      this.words[1] = this.used + 1;
      u8.copyWithin(this.keyAt(element), keyAddress, keyAddress + this.definition.keySize);
      const bucket = this.bucket(keyAddress);
      this.next[element] = this.heads[bucket] ?? -1;
      this.heads[bucket] = element;
    }
    u8.copyWithin(this.keyAt(element) + this.keyBytes, valueAddress, valueAddress + this.definition.valueSize);
    return 0;
  }

  remove(keyAddress: number): number {
    const bucket = this.bucket(keyAddress);
    let before = -1;
    for (let element = this.heads[bucket] ?? -1; element >= 0; element = this.next[element] ?? -1) {
      if (this.sameKey(element, keyAddress)) {
        const after = this.next[element] ?? -1;
        if (before < 0) this.heads[bucket] = after;
        else this.next[before] = after;
        this.next[element] = this.words[0] ?? -1;
        this.words[0] = element;
        this.words[1] = this.used - 1;
        return 0;
      }
      before = element;
    }
    return ERRNO.ENOENT;
  }

  walk(visit: (entry: MapEntry) => boolean): number {
    let visited = 0;
    for (let bucket = 0; bucket < this.heads.length; bucket++) {
      for (let element = this.heads[bucket] ?? -1; element >= 0; ) {
        const after = this.next[element] ?? -1;
        visited++;
        const at = this.keyAt(element);
        if (!visit({ keyAddress: at, valueAddress: at + this.keyBytes, slot: -1 })) return visited;
        element = after;
      }
    }
    return visited;
  }
}
