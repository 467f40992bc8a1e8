// Hash map that makes room: with no element free, the one not used for the longest time goes (Linux kernel/bpf/bpf_lru_list.c keeps an
// approximation by reference bits; here the order is exact). Knows nothing of programs.

import type { ObjectMap } from '../object/program-object.ts';
import type { RunMemory } from '../vm/memory.ts';
import { HashMap } from './hash-map.ts';
import { ERRNO, UPDATE_FLAG } from './map.ts';

export class LruHashMap extends HashMap {
  /** When each element was used last, by element number: [0] the clock, [1 + element]. */
  private readonly usedAt: Float64Array;

  constructor(memory: RunMemory, index: number, definition: ObjectMap) {
    super(memory, index, definition);
    this.usedAt = memory.hostFloat64(definition.maxEntries + 1);
  }

  static override bytes(definition: ObjectMap): { readonly host: number; readonly program: number } {
    const { host, program } = HashMap.bytes(definition);
    return { host: host + (definition.maxEntries + 1) * 8 + 16, program };
  }

  private touch(keyAddress: number): void {
    const element = this.find(keyAddress);
    if (element < 0) return;
    const now = (this.usedAt[0] ?? 0) + 1;
    this.usedAt[0] = now;
    this.usedAt[element + 1] = now;
  }

  override lookup(keyAddress: number): number {
    this.touch(keyAddress);
    return super.lookup(keyAddress);
  }

  override update(keyAddress: number, valueAddress: number, flags: number): number {
    let done = super.update(keyAddress, valueAddress, flags);
    if (done === ERRNO.E2BIG && flags !== UPDATE_FLAG.EXIST) {
      this.evict();
      done = super.update(keyAddress, valueAddress, flags);
    }
    if (done === 0) this.touch(keyAddress);
    return done;
  }

  /** Removes the element unused for the longest time. */
  private evict(): void {
    let victim = -1;
    let oldest = Number.POSITIVE_INFINITY;
    this.walk(({ keyAddress }) => {
      const element = this.find(keyAddress);
      const used = this.usedAt[element + 1] ?? 0;
      if (used < oldest) {
        oldest = used;
        victim = keyAddress;
      }
      return true;
    });
    if (victim >= 0) this.remove(victim);
  }
}
