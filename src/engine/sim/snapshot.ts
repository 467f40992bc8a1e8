// Snapshots of a run: the pages of its memory that are in use, shared between snapshots where they are equal. Since all
// that changes lives in that memory, nothing else is needed. Knows nothing of what the pages hold.

import { Digest } from '../base/digest.ts';
import type { RunMemory } from '../vm/memory.ts';

const PAGE_WORDS = 1024;
const PAGE_BYTES = PAGE_WORDS * 4;

/** Pages in order of address; null stands for a page of zeros. Never changed once taken. */
export interface Snapshot {
  readonly pages: readonly (Int32Array | null)[];
  /** Bytes that this snapshot does not share with the one it was taken after. */
  readonly ownBytes: number;
}

/** First words of all pages in use, in order of address. */
function pageStarts(memory: RunMemory): number[] {
  const starts: number[] = [];
  for (const [from, to] of memory.inUse()) {
    for (let at = from; at < to; at += PAGE_BYTES) starts.push(at / 4);
  }
  return starts;
}

function isZero(words: Int32Array, at: number): boolean {
  for (let i = 0; i < PAGE_WORDS; i++) if (words[at + i] !== 0) return false;
  return true;
}

function equals(words: Int32Array, at: number, page: Int32Array): boolean {
  for (let i = 0; i < PAGE_WORDS; i++) if (words[at + i] !== page[i]) return false;
  return true;
}

/** Takes a snapshot; pages equal to those of `previous` (of the same run) are shared with it. */
export function takeSnapshot(memory: RunMemory, previous: Snapshot | null): Snapshot {
  const words = memory.i32;
  let ownBytes = 0;
  const pages = pageStarts(memory).map((at, index) => {
    const before = previous?.pages[index] ?? null;
    if (before !== null && equals(words, at, before)) return before;
    if (before === null && isZero(words, at)) return null;
    ownBytes += PAGE_BYTES;
    return words.slice(at, at + PAGE_WORDS);
  });
  return { pages, ownBytes };
}

/** Puts memory back to what it was when the snapshot was taken. */
export function restoreSnapshot(memory: RunMemory, snapshot: Snapshot): void {
  const words = memory.i32;
  pageStarts(memory).forEach((at, index) => {
    const page = snapshot.pages[index] ?? null;
    if (page === null) words.fill(0, at, at + PAGE_WORDS);
    else words.set(page, at);
  });
}

/**
 * Digest of everything in use: equal digests mean equal states. `dead` is left out: the stack of programs that are not
 * running, where one engine leaves bytes that the other keeps elsewhere.
 */
export function digestMemory(memory: RunMemory, dead: { readonly from: number; readonly to: number }): string {
  const digest = new Digest();
  for (const [from, to] of memory.inUse()) {
    for (let at = from / 4; at < to / 4; at++) {
      if (at * 4 >= dead.from && at * 4 < dead.to) continue;
      digest.word(memory.i32[at] ?? 0);
    }
  }
  return digest.hex();
}
