// Reads `tc` command lines, strictly: a word that is not expected is an error that says what is. Text in, a value out; knows
// nothing of how a command is carried out. The `bpf` kind's words are the playground's own (specification 6.3).

import { type ClassCommand, parseClass } from './class-command.ts';
import { type FilterCommand, parseFilter } from './filter/filter-command.ts';
import { parseClassid, parseHandle, TcWords } from './tc-words.ts';

/** Puts a program under a device or a class. */
export interface AttachCommand {
  readonly object: 'qdisc';
  readonly action: 'add' | 'replace';
  readonly device: string;
  /** Class it hangs from; null for the root. */
  readonly parent: number | null;
  /** Major number of the handle; null lets the kernel choose (8001:). */
  readonly handle: number | null;
  /** Name of a program of the scenario, or of the gallery when `isKind`. */
  readonly program: string;
  readonly isKind: boolean;
  readonly enqueueSection: string | null;
  readonly dequeueSection: string | null;
}

/** Commands that can be carried out. */
export type TcCommand =
  | AttachCommand
  | { readonly object: 'qdisc'; readonly action: 'delete'; readonly device: string; readonly parent: number | null }
  | ClassCommand
  | FilterCommand;

export type TcResult = { readonly ok: true; readonly command: TcCommand } | { readonly ok: false; readonly message: string };

const refuse = (message: string): TcResult => ({ ok: false, message });

type Place = Pick<AttachCommand, 'action' | 'device' | 'parent' | 'handle'>;

function readBpf(words: TcWords, place: Place): TcResult {
  let program: string | null = null;
  let enqueueSection: string | null = null;
  let dequeueSection: string | null = null;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const value = words.take();
    if (word !== 'obj' && word !== 'enqueue' && word !== 'dequeue')
      return refuse(`expected "obj", "enqueue" or "dequeue", not "${word}"`);
    if (value === undefined) return refuse(`"${word}" needs a value`);
    if (word === 'obj') program = value;
    else if (word === 'enqueue') enqueueSection = value;
    else dequeueSection = value;
  }
  if (program === null) return refuse('bpf needs "obj NAME", the name of a program of the scenario');
  return { ok: true, command: { object: 'qdisc', ...place, program, isKind: false, enqueueSection, dequeueSection } };
}

function parseQdisc(words: TcWords): TcResult {
  const verb = words.take();
  const action = verb === 'add' ? 'add' : verb === 'replace' ? 'replace' : verb === 'del' || verb === 'delete' ? 'delete' : null;
  if (action === null) return refuse(`expected "add", "replace" or "del" after qdisc, not "${verb ?? ''}"`);
  if (words.take() !== 'dev') return refuse(`expected "dev DEVICE" after ${verb}`);
  const device = words.take();
  if (device === undefined) return refuse('"dev" needs a device name');
  const where = words.take();
  let parent: number | null = null;
  if (where === 'parent') {
    parent = parseClassid(words.take());
    if (parent === null || (parent & 0xffff) === 0) return refuse('"parent" needs a class such as 1:1');
  } else if (where !== 'root') return refuse(`expected "root" or "parent CLASS" after the device, not "${where ?? ''}"`);
  let handle: number | null = null;
  if (words.next === 'handle') {
    words.take();
    const whole = parseHandle(words.take());
    if (whole === null) return refuse('"handle" needs a major number such as "1:"');
    handle = whole >>> 16;
  }
  if (action === 'delete') {
    return words.next === undefined
      ? { ok: true, command: { object: 'qdisc', action, device, parent } }
      : refuse(`unexpected "${words.next}" after ${parent === null ? 'root' : 'the class'}`);
  }
  const kind = words.take();
  if (kind === undefined) return refuse('expected a qdisc kind: "bpf obj NAME", or the name of a gallery program');
  const place = { action, device, parent, handle } as const;
  if (kind === 'bpf') return readBpf(words, place);
  if (words.next !== undefined) return refuse(`"${kind}" takes no options here yet: unexpected "${words.next}"`);
  const sections = { enqueueSection: null, dequeueSection: null };
  return { ok: true, command: { object: 'qdisc', ...place, program: kind, isKind: true, ...sections } };
}

/** Parses one line, with or without a leading `tc`. */
export function parseTc(line: string): TcResult {
  const words = new TcWords(line);
  words.takeOne('tc');
  const object = words.take();
  if (object === 'qdisc') return parseQdisc(words);
  if (object === 'class') return parseClass(words);
  if (object === 'filter') return parseFilter(words);
  return refuse(`expected "qdisc", "class" or "filter" after tc, not "${object ?? ''}"`);
}
