// What a trace's commands ask for, read before anything is built: the device, the qdiscs that will be needed, and each command ready to be
// carried out. Knows nothing of packets or programs.

import type { ClassCommand } from './class-command.ts';
import type { FilterCommand } from './filter/filter-command.ts';
import { type DeviceDefaults, type KindLine, parseKindLine } from './kind-options.ts';
import { parseTc } from './tc-command.ts';

/** One command of a trace. */
export type ReplayCommand = { readonly text: string } & (
  | { readonly what: 'attach'; readonly line: KindLine; readonly instance: number }
  | { readonly what: 'change'; readonly line: KindLine }
  /** Class whose child goes. */
  | { readonly what: 'detach'; readonly parent: number }
  | { readonly what: 'class'; readonly command: ClassCommand }
  | { readonly what: 'filter'; readonly command: FilterCommand; readonly filter: number }
);

export interface ReplayPlan {
  /** Before the first operation. */
  readonly before: readonly ReplayCommand[];
  /** Of the operations of kind "tc", in order. */
  readonly during: readonly ReplayCommand[];
  /** Qdiscs that will be attached, by their numbers. */
  readonly instances: readonly KindLine[];
  readonly filters: readonly FilterCommand[];
  /** Classes there can be at most. */
  readonly classes: number;
}

const MTU = 1500;
const TXQUEUELEN = 1000;

class Reader {
  device: DeviceDefaults = { txqueuelen: TXQUEUELEN, mtu: MTU };
  readonly instances: KindLine[] = [];
  readonly filters: FilterCommand[] = [];
  classes = 0;

  private readQdisc(text: string): ReplayCommand | string {
    const words = text.trim().split(/\s+/);
    if (words.includes('del') || words.includes('delete')) {
      const read = parseTc(text);
      if (!read.ok) return read.message;
      const { command } = read;
      if (command.object !== 'qdisc' || command.action !== 'delete') return 'expected "qdisc del"';
      return command.parent === null
        ? 'the root cannot be deleted in a replay'
        : { text, what: 'detach', parent: command.parent };
    }
    const read = parseKindLine(text, this.device);
    if (!read.ok) return read.message;
    const { line } = read;
    this.classes += line.ownClasses;
    if (line.action === 'change') return { text, what: 'change', line };
    if (line.parent === null && this.instances.length > 0) return 'a second root qdisc is not available yet';
    if (line.parent !== null && line.sizeTable !== null) return 'stab is available at the root only';
    const handle = line.named ? line.handle : line.handle + this.instances.length * 0x10000;
    const numbered = { ...line, handle };
    this.instances.push(numbered);
    return { text, what: 'attach', line: numbered, instance: this.instances.length - 1 };
  }

  /** One command, or what is wrong with it; null for a line that only says something about the device. */
  read(text: string): ReplayCommand | string | null {
    const length = /^ip link .*txqueuelen (\d+)/.exec(text);
    if (length !== null) {
      this.device = { ...this.device, txqueuelen: Number(length[1]) };
      return null;
    }
    if (/^(tc )?qdisc\b/.test(text.trim())) return this.readQdisc(text);
    const read = parseTc(text);
    if (!read.ok) return read.message;
    const { command } = read;
    if (command.object === 'class') {
      this.classes++;
      return { text, what: 'class', command };
    }
    if (command.object !== 'filter') return 'unexpected command';
    this.filters.push(command);
    return { text, what: 'filter', command, filter: this.filters.length - 1 };
  }
}

/** Reads all commands of a trace; a string says what is not understood. */
export function planReplay(before: readonly string[], during: readonly string[]): ReplayPlan | string {
  const reader = new Reader();
  const commands: ReplayCommand[][] = [[], []];
  for (const [phase, texts] of [before, during].entries()) {
    for (const text of texts) {
      const read = reader.read(text);
      if (typeof read === 'string') return `${text}: ${read}`;
      if (read !== null) commands[phase]?.push(read);
    }
  }
  if (reader.instances[0]?.parent !== null) return 'the trace has no tc line';
  const { instances, filters, classes } = reader;
  return { before: commands[0] ?? [], during: commands[1] ?? [], instances, filters, classes };
}
