// Contract of a filter: what a parsed classifier decides about a packet, and how its parser answers. Data only.

import type { TcWords } from '../tc-words.ts';
import type { PacketView } from './packet-view.ts';

/** Actions of a filter (TC_ACT_*, include/uapi/linux/pkt_cls.h). */
export const TC_ACT = {
  unspec: -1,
  ok: 0,
  reclassify: 1,
  shot: 2,
  pipe: 3,
  stolen: 4,
  queued: 5,
  trap: 8,
} as const;

export interface FilterRule {
  readonly matches: (packet: PacketView) => boolean;
  /** Class of the match: major:minor, 0 when none is named; a function where the packet says so (fw without a handle). */
  readonly classid: number | ((packet: PacketView) => number);
  /** Null: no action was given. */
  readonly action: number | null;
}

/** A parsed rule, or what was expected. */
export type RuleResult = { readonly ok: true; readonly rule: FilterRule } | { readonly ok: false; readonly message: string };

/** Reads the words of a classifier after its name. `handle` is what stood before the name, as it was written. */
export type RuleParser = (words: TcWords, handle: string | null, protocol: number) => RuleResult;

export const refuseRule = (message: string): RuleResult => ({ ok: false, message });
