// The filters of a run: which are attached, where and in what order; classification runs over them (Linux net/sched/cls_api.c,
// tcf_classify). What the commands say never changes; what is attached lies in the run's memory. Knows nothing of tc's text.

import type { RunMemory } from '../../vm/memory.ts';
import type { PacketPool } from '../packet.ts';
import { ALL_PROTOCOLS, type FilterCommand } from './filter-command.ts';
import { TC_ACT } from './filter-kind.ts';
import { PacketView } from './packet-view.ts';

/** Words of a filter: [0] 1 + qdisc (0: not attached), [1] minor of the class, 0 for the qdisc, [2] priority, [3] place in its priority. */
const WORDS = 4;
/** Priority of the first filter that names none; the next goes in front of it (tcf_auto_prio). */
const FIRST_AUTOMATIC = 0xc000;
const RECLASSIFY_LIMIT = 4;

export interface FilterVerdict {
  readonly action: number;
  /** major:minor, 0 for none. */
  readonly classid: number;
}

export class FilterTable {
  private readonly commands: readonly FilterCommand[];
  private readonly words: Int32Array;
  /** [0] filters attached so far: later ones get a larger place. */
  private readonly counters: Int32Array;

  /** `commands` are all the filter lines that may come; each is attached by its number, once at most. */
  constructor(memory: RunMemory, commands: readonly FilterCommand[]) {
    this.commands = commands;
    this.words = memory.hostInt32(commands.length * WORDS);
    this.counters = memory.hostInt32(2);
  }

  static bytes(commands: number): number {
    return commands * WORDS * 4 + 64;
  }

  private word(filter: number, at: number): number {
    return this.words[filter * WORDS + at] ?? 0;
  }

  /** Filters at a place, in the order in which they are asked. */
  attached(qdisc: number, minor: number): number[] {
    const found: number[] = [];
    for (let filter = 0; filter < this.commands.length; filter++) {
      if (this.word(filter, 0) === qdisc + 1 && this.word(filter, 1) === minor) found.push(filter);
    }
    return found.sort((a, b) => this.word(a, 2) - this.word(b, 2) || this.word(a, 3) - this.word(b, 3));
  }

  /** Carries out command number `index` for the place it names; null, or why not. */
  apply(index: number, qdisc: number, minor: number): string | null {
    const command = this.commands[index];
    if (command === undefined) return 'no such filter';
    return command.action === 'delete' ? this.remove(command, qdisc, minor) : this.add(index, command, qdisc, minor);
  }

  private add(index: number, command: FilterCommand, qdisc: number, minor: number): string | null {
    const there = this.attached(qdisc, minor);
    const first = there[0];
    const prio = command.prio !== 0 ? command.prio : first === undefined ? FIRST_AUTOMATIC : this.word(first, 2) - 1;
    const beside = there.filter((filter) => this.word(filter, 2) === prio);
    for (const filter of beside) {
      const other = this.commands[filter];
      if (other?.kind !== command.kind || other?.protocol !== command.protocol)
        return `priority ${prio} holds ${other?.kind} filters of another kind or protocol`;
    }
    const same = beside.filter(
      (filter) => command.kind === 'matchall' || (command.handle !== null && this.commands[filter]?.handle === command.handle),
    );
    if (same.length > 0 && command.action === 'add') return 'the filter exists: use "replace"';
    if (same.length === 0 && command.action === 'change') return 'there is no such filter to change';
    for (const filter of same) this.words[filter * WORDS] = 0;
    this.counters[0] = (this.counters[0] ?? 0) + 1;
    // The newest basic filter of a priority is asked first, and the oldest of the others.
    const place = command.kind === 'basic' ? -(this.counters[0] ?? 0) : (this.counters[0] ?? 0);
    for (const [at, value] of [qdisc + 1, minor, prio, place].entries()) this.words[index * WORDS + at] = value;
    return null;
  }

  private remove(command: FilterCommand, qdisc: number, minor: number): string | null {
    const gone = this.attached(qdisc, minor).filter((filter) => {
      const other = this.commands[filter];
      return (
        (command.prio === 0 || this.word(filter, 2) === command.prio) &&
        (command.kind === null || other?.kind === command.kind) &&
        (command.protocol === null || other?.protocol === command.protocol) &&
        (command.handle === null || other?.handle === command.handle)
      );
    });
    for (const filter of gone) this.words[filter * WORDS] = 0;
    return gone.length === 0 ? 'there is no such filter' : null;
  }

  /** The qdisc (minor 0), or one class of it, is no more. */
  drop(qdisc: number, minor: number): void {
    for (let filter = 0; filter < this.commands.length; filter++) {
      if (this.word(filter, 0) === qdisc + 1 && (minor === 0 || this.word(filter, 1) === minor)) this.words[filter * WORDS] = 0;
    }
  }

  /**
   * What the filters of a place say of a packet: the first that matches and does not let the search go on decides. Null where
   * there are no filters; `unspec` and class 0 where none matches.
   */
  classify(packets: PacketPool, slot: number, qdisc: number, minor: number): FilterVerdict | null {
    const filters = this.attached(qdisc, minor);
    if (filters.length === 0) return null;
    const packet = new PacketView(packets, slot);
    for (let round = 0; round <= RECLASSIFY_LIMIT; round++) {
      const verdict = this.search(filters, packet);
      if (verdict.action !== TC_ACT.reclassify) return verdict;
    }
    return { action: TC_ACT.shot, classid: 0 };
  }

  private search(filters: readonly number[], packet: PacketView): FilterVerdict {
    for (const filter of filters) {
      const command = this.commands[filter];
      const rule = command?.rule ?? null;
      if (rule === null || (command?.protocol !== ALL_PROTOCOLS && command?.protocol !== packet.protocol)) continue;
      if (!rule.matches(packet) || rule.action === TC_ACT.unspec) continue;
      const classid = typeof rule.classid === 'number' ? rule.classid : rule.classid(packet);
      return { action: rule.action ?? TC_ACT.ok, classid };
    }
    return { action: TC_ACT.unspec, classid: 0 };
  }
}
