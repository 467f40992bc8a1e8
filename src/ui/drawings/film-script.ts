// A stretch of the log cut into clips: which records are one motion, how long each would last at the calm pace, and what
// is said under it. Pure: the same records give the same script. Knows no pixels and no wall clock.

import { NO_NODE, TREE_CHANGES } from '../../engine/base/red-black-links.ts';
import { fromHalves } from '../../engine/base/u64.ts';
import { CHUNK_RECORDS } from '../../engine/trace/chunk.ts';
import { DROP_REASONS, EVENT } from '../../engine/trace/event.ts';
import type { FrameMaker } from './scene-frame.ts';

type ClipKind =
  | 'arrive'
  | 'insert'
  | 'rotate'
  | 'paint'
  | 'swap'
  | 'remove'
  | 'send'
  | 'sent'
  | 'drop'
  | 'refuse'
  | 'timer'
  | 'note';

/** One motion: the scene after `from` records turns into the scene after `to` records. */
export interface Clip {
  readonly kind: ClipKind;
  readonly from: number;
  readonly to: number;
  /** The record that is shown. */
  readonly record: number;
  readonly packet: number;
  /** Map of tree clips, else -1. */
  readonly map: number;
  /** Slot of the node of tree clips, else -1. */
  readonly slot: number;
  /** Milliseconds at the calm pace. */
  readonly nominal: number;
  readonly caption: string;
}

export interface FilmScript {
  readonly from: number;
  readonly to: number;
  readonly clips: readonly Clip[];
  /** Sum of the clips' nominal milliseconds. */
  readonly nominal: number;
}

/** Calm durations in ms (the film table of the design); an insert's grows with the path. */
const NOMINAL: Readonly<Record<ClipKind, number>> = {
  arrive: 200,
  insert: 350,
  rotate: 300,
  paint: 150,
  swap: 250,
  remove: 250,
  send: 200,
  sent: 120,
  drop: 400,
  refuse: 200,
  timer: 150,
  note: 120,
};
/** Longer scripts are compressed to this when a person steps. */
export const LONGEST_STEP_FILM = 1600;
/** More clips than this are never shown one by one. */
const CLIP_LIMIT = 400;

const name = (packet: number): string => (packet === 0 ? 'a packet' : `#${packet}`);
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

interface Shown {
  readonly kind: ClipKind;
  readonly caption: string;
  readonly packet?: number;
  readonly map?: number;
  readonly slot?: number;
}

/** Names that captions use; what a run calls its flows, maps and qdiscs. */
export interface CaptionNames {
  readonly flow: (index: number) => string;
  readonly map: (index: number) => string;
  readonly enqueueCode: (value: number) => string;
  readonly dequeueCode: (value: number) => string;
}

function showTree(map: number, change: number, slot: number, d: number, packet: number): Shown {
  const common = { packet, map, slot };
  switch (TREE_CHANGES[change]) {
    case 'link':
      return {
        kind: 'insert',
        caption: d === NO_NODE ? `${name(packet)} becomes the root` : `${name(packet)} becomes a red leaf`,
        ...common,
      };
    case 'rotate':
      return { kind: 'rotate', caption: `rotate ${d === 0 ? 'left' : 'right'} at ${name(packet)}`, ...common };
    case 'paint':
      return { kind: 'paint', caption: `${name(packet)} turns ${d === 0 ? 'red' : 'black'}`, ...common };
    case 'swap':
      return { kind: 'swap', caption: `${name(packet)} has two children: it changes places with its successor`, ...common };
    default:
      return { kind: 'remove', caption: `${name(packet)} leaves the tree`, ...common };
  }
}

/** What a record looks like, or null for records that are not seen. */
function show(maker: FrameMaker, record: number, names: CaptionNames): Shown | null {
  const { log, packets } = maker;
  const columns = log.part(record);
  if (columns === undefined) return null;
  const k = record % CHUNK_RECORDS;
  const packet = columns.packet[k] ?? 0;
  const a = columns.a[k] ?? 0;
  const b = columns.b[k] ?? 0;
  const c = columns.c[k] ?? 0;
  const d = columns.d[k] ?? 0;
  const key = (): string => fromHalves(b, c).toString();
  switch (columns.kind[k]) {
    case EVENT.ARRIVAL:
      return { kind: 'arrive', packet, caption: `${name(packet)} of ${names.flow(a)} arrives, ${b} bytes` };
    case EVENT.TREE:
      return showTree(a, b, c, d, packet);
    case EVENT.MAP_PUSH:
      return { kind: 'note', packet, caption: `enqueue pushes ${name(packet)} into ${names.map(a)} with key ${key()}` };
    case EVENT.MAP_POP:
      return { kind: 'note', packet, caption: `dequeue pops key ${key()} from ${names.map(a)}: ${name(packet)}` };
    case EVENT.MAP_REMOVE:
      return { kind: 'note', packet, caption: `${name(packet)} is deleted from ${names.map(a)}, key ${key()}` };
    case EVENT.MAP_FULL:
      return { kind: 'refuse', packet, caption: `${names.map(a)} is full: push refuses ${name(packet)} (-ENOBUFS)` };
    case EVENT.TX_START:
      return { kind: 'send', packet, caption: `the link begins to send ${name(packet)}, ${packets.lengths[packet] ?? 0} bytes` };
    case EVENT.TX_DONE:
      return { kind: 'sent', packet, caption: `${name(packet)} is sent` };
    case EVENT.DROP:
      return { kind: 'drop', packet, caption: `${name(packet)} is dropped: ${DROP_REASONS[a]?.meaning ?? 'unknown reason'}` };
    case EVENT.ENQUEUE_RUN:
      return { kind: 'note', packet, caption: `enqueue returned ${names.enqueueCode(b)} after ${plural(c, 'instruction')}` };
    case EVENT.DEQUEUE_RUN:
      return { kind: 'note', packet, caption: `dequeue returned ${names.dequeueCode(b)} after ${plural(c, 'instruction')}` };
    case EVENT.WATCHDOG_SET:
      return { kind: 'timer', caption: 'throttled: the watchdog is armed' };
    case EVENT.WATCHDOG_FIRED:
      return { kind: 'timer', caption: 'the watchdog fires: dequeue runs again' };
    case EVENT.LINK:
      return { kind: 'timer', caption: b === 1 ? 'the link comes up' : 'the link goes down' };
    case EVENT.REQUEUE:
      return { kind: 'note', packet, caption: `the driver is full: ${name(packet)} waits in front of the qdisc` };
    case EVENT.CONSOLE:
      return { kind: 'note', packet, caption: `bpf_printk: ${log.text(b)}` };
    case EVENT.FAULT:
      return { kind: 'note', packet, caption: `fault: ${log.text(b)}` };
    default:
      return null;
  }
}

/** An insert is slower on a deeper path, so that each comparison can be read. */
function nominalOf(maker: FrameMaker, record: number, shown: Shown): number {
  if (shown.kind !== 'insert') return NOMINAL[shown.kind];
  const depth = maker.depthAfter(record, shown.map ?? -1, shown.slot ?? -1);
  return NOMINAL.insert + 90 * Math.max(0, depth);
}

/** The script of records [from, to). Records that are not seen ride with the clip before them, or with the first. */
export function scriptOf(maker: FrameMaker, from: number, to: number, names: CaptionNames): FilmScript {
  const clips: Clip[] = [];
  let begun = from;
  let nominal = 0;
  for (let i = from; i < to && clips.length < CLIP_LIMIT; i++) {
    const shown = show(maker, i, names);
    if (shown === null) continue;
    const previous = clips.at(-1);
    if (previous !== undefined) {
      clips[clips.length - 1] = { ...previous, to: i };
      begun = i;
    }
    const length = nominalOf(maker, i, shown);
    nominal += length;
    const { kind, caption, packet = 0, map = -1, slot = -1 } = shown;
    clips.push({ kind, caption, packet, map, slot, from: begun, to: i + 1, record: i, nominal: length });
  }
  const last = clips.at(-1);
  if (last !== undefined) clips[clips.length - 1] = { ...last, to };
  return { from, to, clips, nominal };
}

/** The clip in motion at `phase` of the script, and how far it is; null when nothing is to be seen. */
export function clipAt(script: FilmScript, phase: number): { readonly clip: Clip; readonly fraction: number } | null {
  let rest = Math.max(0, Math.min(1, phase)) * script.nominal;
  for (const clip of script.clips) {
    if (rest < clip.nominal) return { clip, fraction: rest / clip.nominal };
    rest -= clip.nominal;
  }
  const last = script.clips.at(-1);
  return last === undefined ? null : { clip: last, fraction: 1 };
}
