// Reads `tc` command lines, strictly: a word that is not expected is an error that says what is. Text in, a value out; knows
// nothing of how a command is carried out. The `bpf` kind's words are the playground's own (specification 6.3).

/** Commands that can be carried out today. */
export type TcCommand =
  | {
      readonly action: 'add' | 'replace';
      readonly device: string;
      /** Major number of the handle; null lets the kernel choose (8001:). */
      readonly handle: number | null;
      /** Name of a program of the scenario, or of the gallery when `isKind`. */
      readonly program: string;
      readonly isKind: boolean;
      readonly enqueueSection: string | null;
      readonly dequeueSection: string | null;
    }
  | { readonly action: 'delete'; readonly device: string };

export type TcResult = { readonly ok: true; readonly command: TcCommand } | { readonly ok: false; readonly message: string };

const refuse = (message: string): TcResult => ({ ok: false, message });

/** Words after `handle`: `1:` or `0x1:`; minor must be absent or 0. */
function parseHandle(text: string | undefined): number | null {
  const match = /^([0-9a-f]{1,4}):0?$/i.exec(text ?? '');
  return match === null ? null : Number.parseInt(match[1] ?? '', 16);
}

class Words {
  private at = 0;
  private readonly words: readonly string[];
  constructor(line: string) {
    this.words = line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  }
  take(): string | undefined {
    return this.words[this.at++];
  }
  get next(): string | undefined {
    return this.words[this.at];
  }
}

function readBpf(words: Words, base: { action: 'add' | 'replace'; device: string; handle: number | null }): TcResult {
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
  return { ok: true, command: { ...base, program, isKind: false, enqueueSection, dequeueSection } };
}

/** Parses one line, with or without a leading `tc`. */
export function parseTc(line: string): TcResult {
  const words = new Words(line);
  if (words.next === 'tc') words.take();
  const object = words.take();
  if (object !== 'qdisc')
    return refuse(`expected "qdisc" after tc, not "${object ?? ''}" (classes and filters are not available yet)`);
  const verb = words.take();
  const action = verb === 'add' ? 'add' : verb === 'replace' ? 'replace' : verb === 'del' || verb === 'delete' ? 'delete' : null;
  if (action === null) return refuse(`expected "add", "replace" or "del" after qdisc, not "${verb ?? ''}"`);
  if (words.take() !== 'dev') return refuse(`expected "dev DEVICE" after ${verb}`);
  const device = words.take();
  if (device === undefined) return refuse('"dev" needs a device name');
  const parent = words.take();
  if (parent !== 'root')
    return refuse(`expected "root" after the device, not "${parent ?? ''}" (only root qdiscs are available yet)`);
  if (action === 'delete') {
    return words.next === undefined ? { ok: true, command: { action, device } } : refuse(`unexpected "${words.next}" after root`);
  }
  let handle: number | null = null;
  if (words.next === 'handle') {
    words.take();
    handle = parseHandle(words.take());
    if (handle === null) return refuse('"handle" needs a major number such as "1:"');
  }
  const kind = words.take();
  if (kind === undefined) return refuse('expected a qdisc kind: "bpf obj NAME", or the name of a gallery program');
  if (kind === 'bpf') return readBpf(words, { action, device, handle });
  if (words.next !== undefined) return refuse(`"${kind}" takes no options here yet: unexpected "${words.next}"`);
  return {
    ok: true,
    command: { action, device, handle, program: kind, isKind: true, enqueueSection: null, dequeueSection: null },
  };
}
