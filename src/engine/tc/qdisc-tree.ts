// The tree of qdiscs: which are attached, where each hangs, and what tc does to it (specification section 8; Linux net/sched/sch_api.c).
// All that changes lies in the run's memory. Refusals are words. Knows nothing of tc's text or of programs.

import type { RunMemory } from '../vm/memory.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import { ClassTable } from './class-table.ts';

/** Words of a qdisc: [0] 1 + the class it hangs from, [1] 1 when attached. */
const WORDS = 2;

/** `1:2` for 0x10002. */
export const classidText = (classid: number): string => `${(classid >>> 16).toString(16)}:${(classid & 0xffff).toString(16)}`;
const major = (handle: number): number => handle >>> 16;

export class QdiscTree {
  readonly classes: ClassTable;
  private readonly words: Int32Array;
  private readonly qdiscs: BpfQdisc[] = [];
  private readonly devices: number[] = [];
  /** Told of a class that was made, deleted, or got another child: the program of its qdisc may want to know. */
  onClass: (qdisc: BpfQdisc, classid: number) => void = (qdisc, classid) => qdisc.changed(classid);
  /** Told of a class or qdisc (minor 0) that is no more. */
  onGone: (qdisc: number, minor: number) => void = () => {};

  constructor(memory: RunMemory, qdiscs: number, classes: number) {
    this.words = memory.hostInt32(qdiscs * WORDS);
    this.classes = new ClassTable(memory, classes);
  }

  /** Host bytes that a tree needs. */
  static bytes(qdiscs: number, classes: number): number {
    return qdiscs * WORDS * 4 + 64 + ClassTable.bytes(classes);
  }

  /** Makes a qdisc known; it is attached by a command. */
  register(qdisc: BpfQdisc, device: number): void {
    this.qdiscs[qdisc.index] = qdisc;
    this.devices[qdisc.index] = device;
  }

  qdisc(index: number): BpfQdisc | null {
    return this.qdiscs[index] ?? null;
  }
  deviceOf(index: number): number {
    return this.devices[index] ?? -1;
  }
  isAttached(index: number): boolean {
    return this.words[index * WORDS + 1] === 1;
  }

  /** The class that a qdisc hangs from, or -1. */
  classAbove(index: number): number {
    return (this.words[index * WORDS] ?? 0) - 1;
  }

  /** The qdisc whose class a qdisc hangs from, or null. */
  parentOf(index: number): BpfQdisc | null {
    const slot = this.classAbove(index);
    return slot < 0 ? null : this.qdisc(this.classes.qdiscOf(slot));
  }

  /** True when `above` is an ancestor of `index`, or the same. */
  isAbove(above: number, index: number): boolean {
    if (above === index) return true;
    for (let at = this.parentOf(index); at !== null; at = this.parentOf(at.index)) if (at.index === above) return true;
    return false;
  }

  /** The class of a qdisc that a whole class id names, or -1: the major number must be the qdisc's own. */
  classOf(qdisc: BpfQdisc, classid: number): number {
    return major(classid) === major(qdisc.setup.handle) ? this.classes.find(qdisc.index, classid & 0xffff) : -1;
  }

  childOf(slot: number): BpfQdisc | null {
    const child = this.classes.childOf(slot);
    return child < 0 ? null : this.qdisc(child);
  }

  /** A qdisc and everything below it, the deepest first. */
  subtree(index: number): BpfQdisc[] {
    const found: BpfQdisc[] = [];
    for (const slot of this.classes.of(index)) {
      const child = this.classes.childOf(slot);
      if (child >= 0) found.push(...this.subtree(child));
    }
    const self = this.qdisc(index);
    return self === null ? found : [...found, self];
  }

  /** The attached qdisc of a device with this handle, or null. */
  byHandle(device: number, handle: number): BpfQdisc | null {
    const found = this.qdiscs.find(
      ({ index, setup }) => this.isAttached(index) && this.devices[index] === device && major(setup.handle) === major(handle),
    );
    return found ?? null;
  }

  // --- what tc does ---------------------------------------------------------------------------------------------

  /** A qdisc becomes a root. */
  attachRoot(index: number): void {
    this.words[index * WORDS] = 0;
    this.words[index * WORDS + 1] = 1;
  }

  /** Takes a qdisc off with everything below it; packets are dropped, classes and filters go. */
  detach(index: number): void {
    const above = this.classAbove(index);
    const gone: number[] = [];
    for (const qdisc of this.subtree(index)) {
      qdisc.destroy();
      for (const slot of this.classes.of(qdisc.index)) this.classes.remove(slot);
      this.onGone(qdisc.index, 0);
      this.words[qdisc.index * WORDS + 1] = 0;
      gone.push(qdisc.index);
    }
    if (above >= 0) this.classes.setChild(above, -1);
    for (const at of gone) this.words[at * WORDS] = 0;
  }

  /** The class a command names, and its qdisc; or why there is none. */
  place(device: number, classid: number): { readonly qdisc: BpfQdisc; readonly slot: number } | string {
    const qdisc = this.byHandle(device, classid);
    if (qdisc === null) return `there is no qdisc with handle ${classidText(classid).replace(/:.*/, ':')}`;
    const slot = this.classes.find(qdisc.index, classid & 0xffff);
    return slot < 0 ? `there is no class ${classidText(classid)}` : { qdisc, slot };
  }

  /** Hangs a qdisc under a class; what hung there is destroyed. `exclusive` (add) refuses where something hangs. */
  graft(index: number, device: number, classid: number, exclusive: boolean): string | null {
    const place = this.place(device, classid);
    if (typeof place === 'string') return place;
    const old = this.classes.childOf(place.slot);
    if (old >= 0 && exclusive) return `class ${classidText(classid)} has a child already: use "replace"`;
    if (old >= 0) this.detach(old);
    this.classes.setChild(place.slot, index);
    this.words[index * WORDS] = place.slot + 1;
    this.words[index * WORDS + 1] = 1;
    this.onClass(place.qdisc, classid);
    return null;
  }

  /** Deletes the child of a class. */
  ungraft(device: number, classid: number): string | null {
    const place = this.place(device, classid);
    if (typeof place === 'string') return place;
    const old = this.classes.childOf(place.slot);
    if (old < 0) return `class ${classidText(classid)} has no child`;
    this.detach(old);
    this.onClass(place.qdisc, classid);
    return null;
  }

  /** Makes a class (v7's rule: a number that is not 0, the qdisc's own major, and not there yet). `above` is the class id it stands under, or the qdisc's handle. */
  createClass(device: number, above: number, classid: number): string | null {
    const qdisc = this.byHandle(device, above);
    if (qdisc === null) return `there is no qdisc with handle ${classidText(above).replace(/:.*/, ':')}`;
    if (major(classid) !== major(qdisc.setup.handle))
      return `class ${classidText(classid)} does not belong to its parent ${classidText(above)}`;
    if ((classid & 0xffff) === 0) return 'a class needs a minor number that is not 0';
    if (this.classes.find(qdisc.index, classid & 0xffff) >= 0) return `class ${classidText(classid)} exists`;
    if ((above & 0xffff) !== 0 && this.classes.find(qdisc.index, above & 0xffff) < 0)
      return `there is no class ${classidText(above)}`;
    if (this.classes.create(qdisc.index, classid & 0xffff, above & 0xffff) < 0) return 'there is no room for another class';
    this.onClass(qdisc, classid);
    return null;
  }

  /** Deletes a class: its child goes with all its packets (specification 8, "purge child"). */
  deleteClass(device: number, classid: number): string | null {
    const place = this.place(device, classid);
    if (typeof place === 'string') return place;
    const { qdisc, slot } = place;
    if (this.classes.of(qdisc.index).some((other) => this.classes.aboveOf(other) === (classid & 0xffff)))
      return `class ${classidText(classid)} has classes under it`;
    const child = this.classes.childOf(slot);
    if (child >= 0) this.detach(child);
    this.onGone(qdisc.index, classid & 0xffff);
    this.classes.remove(slot);
    this.onClass(qdisc, classid);
    return null;
  }
}
