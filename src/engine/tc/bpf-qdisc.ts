// A qdisc made of two programs: runs them and applies the return codes of its profile (specification 2.4, 2.5), keeps the
// counters and settles every packet a run touched. Knows nothing of devices, links or where packets come from.

import type { ApiProfile, DequeueAction, EnqueueAction } from '../abi/profile.ts';
import { invariant } from '../base/assert.ts';
import { fromHalves, halvesToNumber } from '../base/u64.ts';
import { ERRNO } from '../maps/map.ts';
import type { SkbMap } from '../maps/skb-map.ts';
import { type DropReason, dropReason, EVENT } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import { DEFAULT_INSTRUCTION_BUDGET, type Machine, type ProgramInstance, type RunOutcome } from '../vm/machine.ts';
import type { RunMemory } from '../vm/memory.ts';
import { countList, Tally } from './ownership.ts';
import { type PacketPool, SKB } from './packet.ts';
import { DEQUEUE, ENQUEUE, type ProgramRun } from './program-run.ts';
import { NET_XMIT, type Qdisc, type QdiscServices, type QdiscStatistics } from './qdisc.ts';
import type { QdiscTree } from './qdisc-tree.ts';
import type { Quirks } from './quirks.ts';
import { segmentsOf } from './segmentation.ts';

/** Names of the actions by their number in the log. */
const ENQUEUE_ACTIONS: readonly EnqueueAction[] = [
  'keep',
  'keep-and-throttle',
  'keep-and-signal-congestion',
  'drop',
  'pass-to-class',
  'fault',
  'bypass',
  'stolen',
];
const DEQUEUE_ACTIONS: readonly DequeueAction[] = [
  'send',
  'throttle',
  'run-again',
  'drop-given',
  'take-from-class',
  'nothing',
  'drop-given-and-warn',
];

/** Times CONTINUE may run dequeue again in one call (specification 2.4). */
const CONTINUE_LIMIT = 1024;
/** Times `qdisc/change` may ask to run again: every packet of the largest map, with room. */
const CHANGE_LIMIT = 131_072;
const CONTINUE_LIMIT_AS_POSTED = 100_000;
/** Offsets in `struct sch_bpf_ctx`. */
const CTX = { skb: 0, classid: 8, delay: 16, bytes: 24 } as const;
/** Longest delay a program can ask for here, ns: about 104 days. */
const MAX_DELAY = Number.MAX_SAFE_INTEGER;

/** Which program of a qdisc. */
export type QdiscProgram = 'enqueue' | 'dequeue' | 'change' | 'peek';
/** Told of each instruction before it runs: the program, the number of its run, the machine as it is, the slot. */
export type Follower = (program: QdiscProgram, run: number, machine: Machine, slot: number) => void;

export interface BpfQdiscSetup {
  readonly index: number;
  /** major:0 as a number. */
  readonly handle: number;
  readonly profile: ApiProfile;
  readonly quirks: Quirks;
  readonly memory: RunMemory;
  readonly packets: PacketPool;
  readonly recorder: Recorder;
  readonly services: QdiscServices;
  readonly run: ProgramRun;
  /** Maps by number, to take packets out. */
  readonly skbMaps: ReadonlyMap<number, SkbMap>;
  /** Where its classes and children are, and what is above it. */
  readonly tree: QdiscTree;
}

export class BpfQdisc implements Qdisc {
  readonly index: number;
  readonly setup: BpfQdiscSetup;
  readonly tally: Tally;
  private readonly context: number;
  /** [0] qlen, [1] backlog, [2] drops, [3] overlimits, [4] requeues, [5] 1 + slot of the held packet, [6] deactivated, [7] packets held after a requeue, [8] warned that v4 cannot dequeue from a class. */
  private readonly words: Int32Array;
  /** [0] bytes sent, [1] packets sent. */
  private readonly sent: Float64Array;
  private changeProgram: ProgramInstance | null = null;
  private enqueueProgram: ProgramInstance | null = null;
  private dequeueProgram: ProgramInstance | null = null;
  private peekProgram: ProgramInstance | null = null;

  constructor(setup: BpfQdiscSetup) {
    this.index = setup.index;
    this.setup = setup;
    this.context = setup.memory.allocateProgram(CTX.bytes);
    this.words = setup.memory.hostInt32(10);
    this.sent = setup.memory.hostFloat64(2);
    this.tally = new Tally(setup.memory);
  }

  /** Address of the `struct sch_bpf_ctx` that its programs get. */
  get contextAddress(): number {
    return this.context;
  }

  /** Both programs are required (specification 6.2; quirk Q16 is not offered). */
  attach(
    enqueue: ProgramInstance,
    dequeue: ProgramInstance,
    change: ProgramInstance | null = null,
    peek: ProgramInstance | null = null,
  ): void {
    this.enqueueProgram = enqueue;
    this.dequeueProgram = dequeue;
    this.changeProgram = change;
    this.peekProgram = peek;
  }

  /**
   * Knobs are new: runs `qdisc/change`, if there is one, until it returns 0 (contracts 2). A packet in ctx->skb goes
   * nowhere: it is dropped, as are packets still held. With a class id: that class was made, changed, deleted, or has
   * another child; the program finds its id in ctx->classid, where there is the handle otherwise.
   */
  changed(classid = this.setup.handle): void {
    const { run } = this.setup;
    if (this.changeProgram === null) return;
    for (let round = 0; round < CHANGE_LIMIT; round++) {
      run.begin(DEQUEUE, -1);
      this.prepareContext(0);
      this.setup.memory.view.setInt32(this.context + CTX.classid, classid, true);
      const outcome = this.changeProgram.run(this.context);
      if (outcome.fault !== null) {
        this.dequeueFaulted(outcome);
        return;
      }
      for (const held of run.held.splice(0)) this.drop(held, 'CHANGED', outcome.exitSlot);
      if (outcome.low === 0 && outcome.high === 0) return;
    }
    this.warn(0, `qdisc/change asked to run again more than ${CHANGE_LIMIT} times`, -1);
  }

  /** Follows every instruction of the programs until called with null: `see` is called before each. */
  follow(see: Follower | null): void {
    const programs = [
      ['enqueue', this.enqueueProgram],
      ['dequeue', this.dequeueProgram],
      ['change', this.changeProgram],
      ['peek', this.peekProgram],
    ] as const;
    for (const [name, program] of programs) {
      if (program === null) continue;
      program.watch = see === null ? null : (machine, slot) => see(name, this.setup.run.number, machine, slot);
    }
  }

  statistics(): QdiscStatistics {
    return {
      sentBytes: this.sent[0] ?? 0,
      sentPackets: this.sent[1] ?? 0,
      dropped: this.words[2] ?? 0,
      overlimits: this.words[3] ?? 0,
      requeues: this.words[4] ?? 0,
      qlen: this.words[0] ?? 0,
      backlog: this.words[1] ?? 0,
    };
  }

  /** Packets held after peek or requeue, counted by walking. */
  countHeld(): number {
    return countList(this.setup.packets, (this.words[5] ?? 0) - 1);
  }

  // --- counters -------------------------------------------------------------------------------------------------

  /** True when the posted code would count nothing (Q3). */
  private get uncounted(): boolean {
    return this.setup.quirks.has('Q3');
  }

  private bump(packets: number, bytes: number): void {
    if (this.uncounted) return;
    this.words[0] = (this.words[0] ?? 0) + packets;
    this.words[1] = (this.words[1] ?? 0) + bytes;
  }

  /** The packet is queued here, and so in every qdisc above that does not count it yet. */
  private countIn(slot: number): void {
    const { packets, tree } = this.setup;
    const owner = packets.owner[slot] ?? -1;
    for (let at: BpfQdisc | null = this; at !== null && at.index !== owner; at = tree.parentOf(at.index)) {
      at.bump(1, packets.length[slot] ?? 0);
    }
    packets.owner[slot] = this.index;
  }

  /** The packet goes up: from here to the qdisc above, or out of the tree. */
  private countOut(slot: number): void {
    const { packets, tree } = this.setup;
    if (packets.owner[slot] !== this.index) return;
    packets.owner[slot] = tree.parentOf(this.index)?.index ?? -1;
    this.bump(-1, -(packets.length[slot] ?? 0));
  }

  /**
   * A packet ends here, in a tree of qdiscs: everyone above has been offered it and takes note. `note` is told each, the
   * innermost first; those that counted the packet as queued have let it go by then. Gives the qdiscs whose queue changed.
   */
  private settle(slot: number, note: (qdisc: BpfQdisc) => void): BpfQdisc[] {
    const { packets, tree } = this.setup;
    const owner = packets.owner[slot] ?? -1;
    const elsewhere = owner >= 0 && !tree.isAbove(owner, this.index);
    const changed: BpfQdisc[] = [];
    for (let at: BpfQdisc | null = elsewhere ? tree.qdisc(owner) : this; at !== null; at = tree.parentOf(at.index)) {
      if (at.index === owner || changed.length > 0) {
        at.bump(-1, -(packets.length[slot] ?? 0));
        changed.push(at);
      }
      note(at);
    }
    packets.owner[slot] = -1;
    return changed;
  }

  private recordBacklog(kind: number, slot: number): void {
    const { packets, recorder } = this.setup;
    recorder.record(kind, packets.id[slot] ?? 0, this.index, this.words[0] ?? 0, this.words[1] ?? 0, packets.flow[slot] ?? 0);
  }

  /** Frees a packet that belongs here or has just been offered, and says why. `slotOfCode` is the deciding instruction. */
  drop(slot: number, reason: DropReason, slotOfCode: number): void {
    const { packets, recorder } = this.setup;
    const above: BpfQdisc[] = [];
    const changed = this.settle(slot, (qdisc) => {
      if (!qdisc.uncounted || reason === 'FAULT') qdisc.words[2] = (qdisc.words[2] ?? 0) + 1;
      qdisc.tally.countDropped();
      if (qdisc === this) return;
      above.push(qdisc);
    });
    this.countClassDrops(above);
    recorder.record(EVENT.DROP, packets.id[slot] ?? 0, dropReason(reason), this.index, slotOfCode, packets.flow[slot] ?? 0);
    this.setup.services.packetGone(slot, 'dropped');
    packets.release(slot, 'dropped');
    if (changed.includes(this)) recorder.record(EVENT.BACKLOG, 0, this.index, this.words[0] ?? 0, this.words[1] ?? 0);
    for (const qdisc of above) {
      recorder.record(EVENT.DROP_BELOW, 0, qdisc.index, qdisc.words[0] ?? 0, qdisc.words[1] ?? 0);
    }
  }

  /** The classes through which a dropped packet had come down. */
  private countClassDrops(above: readonly BpfQdisc[]): void {
    const { tree } = this.setup;
    let below: BpfQdisc = this;
    for (const qdisc of above) {
      const slot = tree.classAbove(below.index);
      if (slot >= 0) tree.classes.countDrop(slot);
      below = qdisc;
    }
  }

  /** Takes a packet out of the ledger that is no drop: a filter took it, or it was cut into segments. */
  private consume(slot: number): void {
    const { packets, recorder } = this.setup;
    const changed = this.settle(slot, (qdisc) => qdisc.tally.countConsumed());
    recorder.record(EVENT.MOVED, packets.id[slot] ?? 0, 9);
    this.setup.services.packetGone(slot, 'consumed');
    packets.release(slot, 'consumed');
    for (const { index, words } of changed) recorder.record(EVENT.BACKLOG, 0, index, words[0] ?? 0, words[1] ?? 0);
  }

  private leak(slot: number, message: string, slotOfCode: number): void {
    const { packets, recorder } = this.setup;
    this.settle(slot, (qdisc) => qdisc.tally.countLeaked());
    this.warn(packets.id[slot] ?? 0, message, slotOfCode);
    recorder.record(EVENT.MOVED, packets.id[slot] ?? 0, 11);
    this.setup.services.packetGone(slot, 'leaked');
    packets.release(slot, 'leaked');
  }

  warn(packet: number, message: string, slotOfCode: number): void {
    const { recorder, run } = this.setup;
    recorder.record(EVENT.WARNING, packet, this.index, recorder.text(message), slotOfCode, run.which);
  }

  private reportFault(packet: number, outcome: RunOutcome): void {
    const { recorder, run } = this.setup;
    invariant(outcome.fault !== null, 'a fault to report');
    recorder.record(EVENT.FAULT, packet, this.index, recorder.text(outcome.fault.message), outcome.fault.slot, run.which);
  }

  /** A packet leaves a map other than by pop: delete by key, flush, teardown. */
  removeFromMap(slot: number, reason: DropReason, slotOfCode: number): void {
    const { packets, recorder, skbMaps, quirks } = this.setup;
    const map = skbMaps.get(packets.inMap[slot] ?? -1);
    invariant(map !== undefined, 'the map a packet is in');
    if (slot === this.setup.run.offered) this.setup.run.offered = -1;
    const id = packets.id[slot] ?? 0;
    recorder.record(EVENT.MAP_REMOVE, id, map.index, packets.keyLow[slot] ?? 0, packets.keyHigh[slot] ?? 0, slotOfCode);
    map.take(slot, false);
    packets.inMap[slot] = -1;
    packets.move(slot, 'program');
    if (quirks.has('Q10')) this.leak(slot, 'the map dropped one of two references: the packet is leaked (Q10)', slotOfCode);
    else this.drop(slot, reason, slotOfCode);
  }

  // --- enqueue --------------------------------------------------------------------------------------------------

  private prepareContext(skbAddress: number): void {
    const { view } = this.setup.memory;
    for (let at = 0; at < CTX.bytes; at += 4) view.setInt32(this.context + at, 0, true);
    view.setInt32(this.context + CTX.skb, skbAddress, true);
    view.setInt32(this.context + CTX.classid, this.setup.handle, true);
  }

  private delay(): number {
    const { view } = this.setup.memory;
    return Math.min(
      halvesToNumber(view.getInt32(this.context + CTX.delay, true), view.getInt32(this.context + CTX.delay + 4, true)),
      MAX_DELAY,
    );
  }

  enqueue(slot: number): number {
    const { packets, recorder, run, profile } = this.setup;
    const id = packets.id[slot] ?? 0;
    this.tally.countOffered();
    run.begin(ENQUEUE, slot);
    this.prepareContext(packets.address(slot));
    const outcome = this.enqueueProgram?.run(this.context) ?? null;
    invariant(outcome !== null, 'an enqueue program');
    if (outcome.fault !== null) {
      this.settleSegments();
      return this.enqueueFaulted(slot, outcome);
    }
    const code = profile.codes.find((candidate) => candidate.value === outcome.low && outcome.high === 0);
    const action = code?.enqueue ?? profile.unknownEnqueue;
    recorder.record(EVENT.ENQUEUE_RUN, id, this.index, outcome.low, outcome.executed, ENQUEUE_ACTIONS.indexOf(action));
    const result = run.offered < 0 ? this.toldOfGone(action) : this.applyEnqueue(action, slot, outcome);
    this.settleHeld(outcome.exitSlot);
    return result;
  }

  /** What the sender is told of a packet that the program has given to a child, cut, dropped or deleted itself. */
  private toldOfGone(action: EnqueueAction): number {
    const { run } = this.setup;
    // A program that dropped the packet itself may report congestion instead (fq_codel does, of its own flow).
    if (action === 'keep-and-signal-congestion' && (run.droppedItself || run.passedOn)) return NET_XMIT.CN;
    if (!run.passedOn) return NET_XMIT.DROP;
    if (action === 'keep-and-throttle') this.throttle();
    if (action === 'bypass') return NET_XMIT.BYPASS;
    if (action === 'stolen') return NET_XMIT.STOLEN;
    return action === 'keep' || action === 'keep-and-throttle' ? NET_XMIT.SUCCESS : NET_XMIT.DROP;
  }

  private enqueueFaulted(slot: number, outcome: RunOutcome): number {
    const { packets, run } = this.setup;
    this.reportFault(packets.id[slot] ?? 0, outcome);
    const at = outcome.fault?.slot ?? -1;
    if (run.offered < 0) return NET_XMIT.DROP;
    if (packets.isAt(slot, 'map')) this.removeFromMap(slot, 'FAULT', at);
    else this.drop(slot, 'FAULT', at);
    for (const held of run.held.splice(0)) this.drop(held, 'FAULT', at);
    return NET_XMIT.DROP;
  }

  private applyEnqueue(action: EnqueueAction, slot: number, outcome: RunOutcome): number {
    switch (action) {
      case 'keep':
        return this.keep(slot, outcome.exitSlot) ? NET_XMIT.SUCCESS : NET_XMIT.DROP;
      case 'keep-and-throttle': {
        const kept = this.keep(slot, outcome.exitSlot);
        this.throttle();
        return kept ? NET_XMIT.SUCCESS : NET_XMIT.DROP;
      }
      case 'keep-and-signal-congestion':
        return this.keep(slot, outcome.exitSlot) ? NET_XMIT.CN : NET_XMIT.DROP;
      case 'drop':
        return this.dropOffered(slot, outcome.exitSlot);
      case 'pass-to-class':
        return this.passToClass(slot, outcome);
      case 'bypass':
        this.dropOffered(slot, outcome.exitSlot);
        return NET_XMIT.BYPASS;
      case 'stolen':
        if (this.setup.packets.isAt(slot, 'map')) return this.dropOffered(slot, outcome.exitSlot);
        this.consume(slot);
        return NET_XMIT.STOLEN;
      case 'fault':
        this.warn(
          this.setup.packets.id[slot] ?? 0,
          `enqueue returned ${outcome.low}, which means nothing there; the packet is dropped`,
          outcome.exitSlot,
        );
        return this.dropOffered(slot, outcome.exitSlot, 'FAULT');
    }
  }

  /** The program says it has stored the packet; true when it has. */
  private keep(slot: number, exitSlot: number): boolean {
    const { packets } = this.setup;
    if (packets.isAt(slot, 'map')) {
      this.countIn(slot);
      this.recordBacklog(EVENT.QUEUED, slot);
      return true;
    }
    this.warn(packets.id[slot] ?? 0, 'the program kept the packet but put it in no map: it is lost', exitSlot);
    this.drop(slot, 'LOST', exitSlot);
    return false;
  }

  private dropOffered(slot: number, exitSlot: number, reason: DropReason | null = null): number {
    const { packets, run, quirks, tree } = this.setup;
    const named = this.namedClass();
    if (named >= 0) tree.classes.countDrop(named);
    if (packets.isAt(slot, 'map')) {
      this.warn(packets.id[slot] ?? 0, 'dropped while queued: the program pushed the packet and then returned DROP', exitSlot);
      if (quirks.has('Q6')) {
        const map = this.setup.skbMaps.get(packets.inMap[slot] ?? -1);
        map?.take(slot, false);
        packets.inMap[slot] = -1;
        packets.move(slot, 'program');
        this.leak(slot, 'the free list overwrote the packet’s tree node (Q6)', exitSlot);
      } else this.removeFromMap(slot, reason ?? 'PROG_DROP', exitSlot);
      return NET_XMIT.DROP;
    }
    if (reason === null && run.refusedForRoom) this.drop(slot, 'MAP_FULL', run.pushSlot);
    else this.drop(slot, reason ?? 'PROG_DROP', exitSlot);
    return NET_XMIT.DROP;
  }

  /** The class that the program has left in ctx->classid, or -1: its own handle names none. */
  private namedClass(): number {
    const { memory, tree } = this.setup;
    return tree.classOf(this, memory.view.getUint32(this.context + CTX.classid, true));
  }

  /** Packets or bytes below a class of this qdisc, or in the qdisc itself (its handle); or the kernel's error number. */
  classQueue(classid: number, what: 'qlen' | 'backlog'): number {
    const { tree, handle } = this.setup;
    if (classid === handle) return this.statistics()[what];
    const slot = tree.classOf(this, classid);
    const child = tree.childOf(slot);
    return slot < 0 ? ERRNO.ENOENT : child === null ? ERRNO.ENODEV : child.statistics()[what];
  }

  /**
   * Hands a packet to the child of a class; gives what the child tells its sender, or null where there is no child (the
   * packet stays where it is). The packet may be gone afterwards.
   */
  giveToClass(slot: number, classid: number): number | null {
    const { packets, tree } = this.setup;
    const child = tree.childOf(tree.classOf(this, classid));
    if (child === null) return null;
    const id = packets.id[slot];
    packets.move(slot, 'child');
    const code = child.enqueue(slot);
    if (packets.id[slot] === id && packets.alive(slot)) this.recordBacklog(EVENT.QUEUED, slot);
    return code;
  }

  /** The next packet of a class's child, now in this qdisc's own hands; -1 for none, null where there is no child. */
  takeFromClass(classid: number): number | null {
    const { packets, tree } = this.setup;
    const klass = tree.classOf(this, classid);
    const child = tree.childOf(klass);
    if (child === null) return null;
    const slot = child.dequeue();
    if (slot < 0) return -1;
    packets.move(slot, 'program');
    tree.classes.countSent(klass, packets.length[slot] ?? 0);
    return slot;
  }

  /** The packet that the child of a class gives next, held there; -1 for none. */
  peekClass(classid: number): number {
    const { tree } = this.setup;
    return tree.childOf(tree.classOf(this, classid))?.peek() ?? -1;
  }

  /**
   * Cuts a GSO packet that the program has into segments, which go to `store` one by one; the packet is consumed. 0, or the
   * kernel's error number with nothing changed.
   */
  segment(slot: number, room: number, store: (segment: number, number: number) => void): number {
    const { packets, recorder, run, services, tree } = this.setup;
    const count = packets.field(slot, SKB.gsoSegs);
    if (packets.field(slot, SKB.gsoSize) === 0 || count < 1) return ERRNO.EINVAL;
    const segments = count <= room ? segmentsOf(packets, slot, count) : null;
    if (segments === null) return ERRNO.ENOBUFS;
    for (const [number, made] of segments.entries()) {
      const [id, flow] = [packets.id[made] ?? 0, packets.flow[made] ?? 0];
      recorder.record(EVENT.SEGMENT, id, packets.id[slot] ?? 0, packets.length[made] ?? 0, made, flow);
      for (let at: BpfQdisc | null = this; at !== null; at = tree.parentOf(at.index)) at.tally.countSegment();
      services.packetMade(made);
      run.segments.push(made);
      store(made, number);
    }
    this.consume(slot);
    return 0;
  }

  /** Segments that this run made and left in a map of this qdisc are queued here now. */
  private settleSegments(): void {
    const { packets, run, skbMaps } = this.setup;
    for (const slot of run.segments.splice(0)) {
      if (!packets.isAt(slot, 'map') || packets.owner[slot] !== -1 || !skbMaps.has(packets.inMap[slot] ?? -1)) continue;
      this.countIn(slot);
      this.recordBacklog(EVENT.QUEUED, slot);
    }
  }

  /** To the child of the class in ctx->classid; without one the packet is freed (specification 2.4; Q4 as posted). */
  private passToClass(slot: number, outcome: RunOutcome): number {
    const { packets, quirks } = this.setup;
    if (packets.isAt(slot, 'map')) {
      this.warn(packets.id[slot] ?? 0, 'the program pushed the packet and then passed it to a class', outcome.exitSlot);
      this.removeFromMap(slot, 'NO_CHILD', outcome.exitSlot);
      return NET_XMIT.DROP;
    }
    const told = this.giveToClass(slot, this.setup.memory.view.getUint32(this.context + CTX.classid, true));
    if (told !== null) {
      this.warnOfNoReturn(outcome.exitSlot);
      return told;
    }
    const before = this.words[2] ?? 0;
    this.drop(slot, 'NO_CHILD', outcome.exitSlot);
    if (!quirks.has('Q4')) return NET_XMIT.DROP;
    this.words[2] = before;
    return outcome.low;
  }

  /** Said once: v4 can hand packets down but has no code that takes one back (specification 2.4). */
  private warnOfNoReturn(exitSlot: number): void {
    if (this.setup.profile.codes.some((code) => code.dequeue === 'take-from-class') || this.words[8] !== 0) return;
    this.words[8] = 1;
    this.warn(0, 'a packet went to a child, and v4 has no way to dequeue from a class: it stays there', exitSlot);
  }

  private throttle(): void {
    const { recorder, services, run, quirks } = this.setup;
    this.words[3] = (this.words[3] ?? 0) + 1;
    recorder.record(EVENT.OVERLIMIT, 0, this.index);
    const named = this.namedClass();
    if (named >= 0) this.setup.tree.classes.countOverlimit(named);
    if (quirks.has('Q5') && run.which === DEQUEUE) {
      this.warn(0, 'THROTTLE incremented a counter through an uninitialised class pointer (Q5)', -1);
    }
    if ((this.words[6] ?? 0) === 0) services.armWatchdog(this.index, services.now() + this.delay());
  }

  /** Packets the program popped and neither sent nor pushed again. The verifier excludes it, but for the as-posted mode. */
  private settleHeld(exitSlot: number): void {
    this.settleSegments();
    for (const slot of this.setup.run.held.splice(0)) {
      this.leak(slot, 'the program popped the packet and neither sent it nor pushed it again: it is leaked', exitSlot);
    }
  }

  // --- dequeue --------------------------------------------------------------------------------------------------

  dequeue(): number {
    const held = (this.words[5] ?? 0) - 1;
    if (held >= 0) {
      this.words[5] = (this.setup.packets.next[held] ?? -1) + 1;
      this.setup.packets.next[held] = -1;
      return this.hand(held);
    }
    const slot = this.runDequeue();
    return slot < 0 ? -1 : this.hand(slot);
  }

  /** The packet leaves for the driver. */
  private hand(slot: number): number {
    const { packets } = this.setup;
    this.countOut(slot);
    const again = (this.words[7] ?? 0) > 0;
    if (again) this.words[7] = (this.words[7] ?? 0) - 1;
    else if (!this.uncounted) {
      this.sent[0] = (this.sent[0] ?? 0) + (packets.length[slot] ?? 0);
      this.sent[1] = (this.sent[1] ?? 0) + 1;
    }
    this.tally.countSent();
    this.recordBacklog(EVENT.DEQUEUED, slot);
    return slot;
  }

  peek(): number {
    const held = (this.words[5] ?? 0) - 1;
    if (held >= 0) return held;
    if (this.peekProgram !== null) return this.runPeek(this.peekProgram);
    const slot = this.runDequeue();
    if (slot >= 0) this.hold(slot);
    return slot;
  }

  /** A peek of the program's own shows a packet and leaves it where it is (profile lab). */
  private runPeek(program: ProgramInstance): number {
    const { memory, packets, run } = this.setup;
    run.begin(DEQUEUE, -1);
    this.prepareContext(0);
    const outcome = program.run(this.context);
    if (outcome.fault !== null) return this.dequeueFaulted(outcome);
    const shown = packets.slotOf(memory.view.getInt32(this.context + CTX.skb, true));
    this.settleHeld(outcome.exitSlot);
    return shown >= 0 && packets.alive(shown) ? shown : -1;
  }

  requeue(slot: number): void {
    const { packets } = this.setup;
    packets.owner[slot] = -1;
    this.tally.uncountSent();
    this.countIn(slot);
    this.words[7] = (this.words[7] ?? 0) + 1;
    this.words[4] = (this.words[4] ?? 0) + 1;
    this.recordBacklog(EVENT.REQUEUE, slot);
    this.hold(slot);
  }

  private hold(slot: number): void {
    const { packets } = this.setup;
    packets.move(slot, 'held');
    packets.next[slot] = (this.words[5] ?? 0) - 1;
    this.words[5] = slot + 1;
  }

  /** Runs the program (again on CONTINUE) until it decides; the slot it gives, still counted here, or -1. */
  private runDequeue(): number {
    const { recorder, run, profile, quirks, packets } = this.setup;
    run.begin(DEQUEUE, -1);
    this.prepareContext(0);
    const limit = quirks.has('Q7') ? CONTINUE_LIMIT_AS_POSTED : CONTINUE_LIMIT;
    let executed = 0;
    for (let round = 0; ; round++) {
      const outcome = this.dequeueProgram?.run(this.context) ?? null;
      invariant(outcome !== null, 'a dequeue program');
      executed += outcome.executed;
      if (outcome.fault !== null) return this.dequeueFaulted(outcome);
      const code = profile.codes.find(
        (candidate) => candidate.value === outcome.low && outcome.high === 0 && candidate.name !== 'SCH_BPF_QUEUED',
      );
      const known = code ?? profile.codes.find((candidate) => candidate.value === outcome.low && outcome.high === 0);
      const action = known?.dequeue ?? profile.unknownDequeue;
      const given = this.given();
      const id = given >= 0 ? (packets.id[given] ?? 0) : 0;
      recorder.record(EVENT.DEQUEUE_RUN, id, this.index, outcome.low, outcome.executed, DEQUEUE_ACTIONS.indexOf(action));
      if (action === 'run-again') {
        if (round + 1 < limit && executed < DEFAULT_INSTRUCTION_BUDGET) {
          this.setup.memory.view.setInt32(this.context + CTX.classid, this.setup.handle, true);
          continue;
        }
        const times = `${round + 1} times and ${executed} instructions in one call`;
        this.warn(id, `dequeue returned CONTINUE too often: ${times}`, outcome.exitSlot);
      }
      const slot = this.applyDequeue(action, given, outcome);
      this.settleHeld(outcome.exitSlot);
      return slot;
    }
  }

  /** Slot of the packet in ctx->skb if the program popped it during this call, else -1. */
  private given(): number {
    const { memory, packets, run } = this.setup;
    const low = memory.view.getInt32(this.context + CTX.skb, true);
    const high = memory.view.getInt32(this.context + CTX.skb + 4, true);
    if (fromHalves(low, high) === 0n) return -1;
    const slot = high === 0 ? packets.slotOf(low) : -1;
    return slot >= 0 && run.held.includes(slot) ? slot : -1;
  }

  private dequeueFaulted(outcome: RunOutcome): number {
    this.reportFault(0, outcome);
    for (const held of this.setup.run.held.splice(0)) this.drop(held, 'FAULT', outcome.fault?.slot ?? -1);
    return -1;
  }

  private applyDequeue(action: DequeueAction, given: number, outcome: RunOutcome): number {
    const { run } = this.setup;
    switch (action) {
      case 'send':
        if (given >= 0) {
          run.letGo(given);
          const named = run.taken === given ? -1 : this.namedClass();
          if (named >= 0) this.setup.tree.classes.countSent(named, this.setup.packets.length[given] ?? 0);
        }
        return given;
      case 'throttle':
        this.throttle();
        return -1;
      case 'drop-given':
      case 'drop-given-and-warn':
        if (action === 'drop-given-and-warn') {
          this.warn(0, `dequeue returned ${outcome.low}, which means nothing there; it is taken as DROP`, outcome.exitSlot);
        }
        if (given >= 0) {
          run.letGo(given);
          this.drop(given, 'PROG_DROP', outcome.exitSlot);
        }
        return -1;
      case 'take-from-class': {
        const slot = this.takeFromClass(this.setup.memory.view.getUint32(this.context + CTX.classid, true));
        if (slot === null) this.warn(0, 'PASS in dequeue: the class has no child', outcome.exitSlot);
        return slot ?? -1;
      }
      default:
        return -1;
    }
  }

  // --- life cycle -----------------------------------------------------------------------------------------------

  watchdogFired(): void {
    this.setup.recorder.record(EVENT.WATCHDOG_FIRED, 0, this.index);
  }

  /** The device goes down: held packets and those in maps leave (specification 3.6), the watchdog stops. */
  deactivate(): void {
    this.words[6] = 1;
    this.setup.services.cancelWatchdog(this.index);
    this.dropHeld('DEVICE_DOWN');
    if (this.setup.quirks.has('Q13')) return;
    this.flush('DEVICE_DOWN');
  }

  activate(): void {
    this.words[6] = 0;
  }

  private dropHeld(reason: DropReason): void {
    this.words[7] = 0;
    for (let slot = (this.words[5] ?? 0) - 1; slot >= 0; ) {
      const next = this.setup.packets.next[slot] ?? -1;
      this.setup.packets.next[slot] = -1;
      this.drop(slot, reason, -1);
      slot = next;
    }
    this.words[5] = 0;
  }

  /** Drops every packet of this qdisc from its maps. */
  flush(reason: DropReason): void {
    for (const map of this.setup.skbMaps.values()) {
      for (let slot = map.nextPacket(-1); slot >= 0; ) {
        const next = map.nextPacket(slot);
        if (this.setup.packets.owner[slot] === this.index) this.removeFromMap(slot, reason, -1);
        slot = next;
      }
    }
  }

  /** `reset` of the life cycle (6.2): the watchdog stops and the packets go; as posted (Q22) only the counters do. */
  reset(): void {
    this.setup.services.cancelWatchdog(this.index);
    this.dropHeld('CHANGED');
    if (this.setup.quirks.has('Q22')) {
      this.words[0] = 0;
      this.words[1] = 0;
    } else this.flush('CHANGED');
  }

  /** Taken from its device: packets go, the watchdog stops. */
  destroy(): void {
    this.setup.services.cancelWatchdog(this.index);
    this.dropHeld('DESTROYED');
    this.flush('DESTROYED');
  }
}
