// Drives a qdisc through what the real kernel did, operation by operation, and compares (contracts 7). Into the engine go only packets,
// times, the kinds of the operations, tc commands, random values and hashes; never a recorded result. Knows nothing of files.

import { present } from '../base/assert.ts';
import { PRNG_STATE_WORDS, seedStream } from '../base/prng.ts';
import type { TraceChunk } from '../trace/chunk.ts';
import { EVENT } from '../trace/event.ts';
import { Recorder } from '../trace/recorder.ts';
import { RunMemory } from '../vm/memory.ts';
import type { AttachableProgram } from './attachable-program.ts';
import type { BpfQdisc } from './bpf-qdisc.ts';
import { FilterTable } from './filter/filter-table.ts';
import type { KindLine } from './kind-options.ts';
import { PacketPool, SKB } from './packet.ts';
import { RunNumbers } from './program-run.ts';
import { type BuiltQdisc, buildQdisc, QDISC_STACK_BYTES } from './qdisc-instance.ts';
import { mapBytes } from './qdisc-maps.ts';
import { QdiscTree } from './qdisc-tree.ts';
import { planReplay, type ReplayCommand, type ReplayPlan } from './replay-plan.ts';
import { sizeTable } from './size-table.ts';
import { executeClass, executeFilter } from './tc-execute.ts';

/** One packet of a trace; only what the engine may know. */
export interface TracePacket {
  readonly id: number;
  readonly flow: number;
  readonly len: number;
  readonly tos: number;
  readonly prio: number;
  readonly mark: number;
  readonly hash: number;
  readonly proto: number;
  readonly gso?: number;
  readonly truesize?: number;
  readonly src?: string;
  readonly dst?: string;
  readonly sport?: number;
  readonly dport?: number;
}

export interface TraceOperation {
  readonly t_ns: number;
  readonly op: string;
  readonly id?: number | null;
  readonly cmd?: string;
  readonly ret?: number;
  readonly qlen?: number;
  readonly backlog?: number;
  readonly dropped?: readonly number[];
  readonly marked?: readonly number[];
  readonly wd_ns?: number;
  readonly reasons?: readonly string[];
  /** Random values used, as [kind, value]. */
  readonly rnd?: readonly (readonly [number, number])[];
}

export interface KernelTrace {
  readonly meta: { readonly tc: readonly string[]; readonly t0_abs_ns: string };
  readonly packets: readonly TracePacket[];
  readonly ops: readonly TraceOperation[];
}

export interface ReplayResult {
  /** Kind that the tc line names. */
  readonly program: string;
  readonly ops: number;
  readonly mismatches: number;
  readonly first: { readonly index: number; readonly field: string; readonly expected: unknown; readonly got: unknown } | null;
  readonly skipped: number;
}

export type ReplayOutcome =
  | { readonly ok: true; readonly result: ReplayResult }
  | { readonly ok: false; readonly message: string };

/** Finds, builds and verifies the program of a kind with its knobs; a string says why it cannot. */
export type LoadKind = (kind: string, knobs: Readonly<Record<string, number>>) => AttachableProgram | string;

/** Packets above what the maps can hold: in programs' hands, held after a peek, and segments. */
const SPARE_PACKETS = 256;
const ETHERNET = 14;
/** Ethernet, IPv4 and TCP headers without options. */
const TCP_HEADERS = 54;

/** Ethernet type, IPv4 header and ports, as the recorder built them. */
function writeHeaders(bytes: DataView, packet: TracePacket): void {
  const address = (text: string | undefined): number =>
    (text ?? '0.0.0.0').split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  bytes.setUint16(ETHERNET - 2, 0x0800);
  bytes.setUint8(ETHERNET, 0x45);
  bytes.setUint8(ETHERNET + 1, packet.tos);
  bytes.setUint16(ETHERNET + 2, packet.len - ETHERNET);
  bytes.setUint8(ETHERNET + 8, 64);
  bytes.setUint8(ETHERNET + 9, packet.proto);
  bytes.setUint32(ETHERNET + 12, address(packet.src));
  bytes.setUint32(ETHERNET + 16, address(packet.dst));
  bytes.setUint16(ETHERNET + 20, packet.sport ?? 0);
  bytes.setUint16(ETHERNET + 22, packet.dport ?? 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += bytes.getUint16(ETHERNET + at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes.setUint16(ETHERNET + 10, ~sum & 0xffff);
}

/** Knobs of a qdisc now, and how it is built. */
interface ReplayQdisc {
  readonly built: BuiltQdisc;
  knobs: Readonly<Record<string, number>>;
  readonly line: KindLine;
}

class Replay {
  private readonly memory: RunMemory;
  private readonly packets: PacketPool;
  private readonly tree: QdiscTree;
  private readonly filters: FilterTable;
  private readonly qdiscs: readonly ReplayQdisc[];
  private readonly countAs: (length: number) => number;
  private readonly t0: number;
  private readonly load: LoadKind;
  private now = 0;
  /** Expiry of each qdisc's watchdog; -1 when it is not armed. */
  private readonly watchdogs: number[] = [];
  /** Random values that the operation used, not taken yet. */
  private recorded: number[] = [];
  /** Packets that were marked in a dequeue and have not left. */
  private unseenMarks: number[] = [];
  private chunks: TraceChunk[] = [];
  private readonly recorder = new Recorder((chunk) => this.chunks.push(chunk));
  /** Packet ids of the trace by our own ids. */
  private readonly traceId = new Map<number, number>();

  constructor(trace: KernelTrace, plan: ReplayPlan, programs: readonly AttachableProgram[], load: LoadKind) {
    this.t0 = Number(trace.meta.t0_abs_ns);
    this.now = this.t0;
    this.load = load;
    const table = plan.instances[0]?.sizeTable ?? null;
    this.countAs = table === null ? (length) => length : sizeTable(table);
    const needs = programs.map((program) => mapBytes(program));
    const total = (of: (need: (typeof needs)[number]) => number): number => needs.reduce((sum, need) => sum + of(need), 0);
    const capacity = total((need) => need.packets) + SPARE_PACKETS;
    const pool = PacketPool.bytes(capacity);
    const count = programs.length;
    const tree = QdiscTree.bytes(count, plan.classes) + FilterTable.bytes(plan.filters.length);
    this.memory = new RunMemory({
      hostBytes: pool.host + total((need) => need.host) + tree + count * 1024 + 8192,
      programBytes: pool.program + total((need) => need.program) + count * (QDISC_STACK_BYTES + 128) + 8192,
    });
    this.packets = new PacketPool(this.memory, capacity);
    this.tree = new QdiscTree(this.memory, count, plan.classes);
    this.filters = new FilterTable(this.memory, plan.filters);
    this.tree.onGone = (qdisc, minor) => this.filters.drop(qdisc, minor);
    this.qdiscs = this.build(plan, programs);
  }

  private build(plan: ReplayPlan, programs: readonly AttachableProgram[]): ReplayQdisc[] {
    const { memory, packets, recorder, tree, filters } = this;
    const around = {
      memory,
      packets,
      recorder,
      tree,
      filters,
      services: {
        now: () => this.now,
        armWatchdog: (qdisc: number, expiry: number) => {
          this.watchdogs[qdisc] = expiry;
        },
        cancelWatchdog: (qdisc: number) => {
          this.watchdogs[qdisc] = -1;
        },
        packetGone: () => {},
        packetMade: () => {},
      },
      numbers: new RunNumbers(),
      engine: 'jit' as const,
      recordedRandom: () => this.recorded.shift(),
    };
    let firstMap = 0;
    return plan.instances.map((line, index) => {
      const program = present(programs[index], 'program');
      const of = (kind: string) =>
        present(program.programs.find((item) => item.kind === kind)?.verified, 'both programs of a kind');
      const random = { state: memory.hostInt32(PRNG_STATE_WORDS), at: 0 };
      seedStream(random, 0, `replay:${index}`);
      const built = buildQdisc(around, {
        index,
        handle: line.handle,
        device: 0,
        program,
        enqueue: of('qdisc/enqueue'),
        dequeue: of('qdisc/dequeue'),
        firstMap,
        stackBase: memory.allocateProgram(QDISC_STACK_BYTES),
        random,
      });
      firstMap += program.maps.length;
      return { built, knobs: line.knobs, line };
    });
  }

  private get root(): BpfQdisc {
    return present(this.qdiscs[0], 'root').built.qdisc;
  }

  // --- commands -------------------------------------------------------------------------------------------------

  /**
   * Carries out a command; null, or why not. The clock stands at t0 while it runs, in the middle of a trace too: inferred from
   * fq_codel's change trace, which fits t0 and not the time of the command.
   */
  execute(command: ReplayCommand): string | null {
    this.now = this.t0;
    const scene = {
      memory: this.memory,
      tree: this.tree,
      filters: this.filters,
      root: () => this.root,
      maps: (qdisc: number) => present(this.qdiscs[qdisc], 'qdisc').built.maps,
    };
    switch (command.what) {
      case 'attach':
        return this.attach(command.line, command.instance);
      case 'change':
        return this.change(command.line);
      case 'detach':
        return this.tree.ungraft(0, command.parent);
      case 'class':
        return executeClass(scene, command.command, 0);
      case 'filter':
        return executeFilter(scene, command.command, command.filter, 0);
    }
  }

  private attach(line: KindLine, instance: number): string | null {
    if (line.parent === null) this.tree.attachRoot(instance);
    else {
      const refused = this.tree.graft(instance, 0, line.parent, line.action === 'add');
      if (refused !== null) return refused;
    }
    this.ownClasses(instance, line.ownClasses);
    return null;
  }

  /** Classes that a qdisc has by itself: as many as its options say. */
  private ownClasses(instance: number, count: number): void {
    const { classes } = this.tree;
    const { handle } = present(this.qdiscs[instance], 'qdisc').built.qdisc.setup;
    for (let minor = 1; minor <= count; minor++) {
      if (classes.find(instance, minor) < 0) classes.create(instance, minor, 0);
    }
    for (const slot of classes.of(instance)) {
      if (count > 0 && classes.minorOf(slot) > count) this.tree.deleteClass(0, handle + classes.minorOf(slot));
    }
  }

  /** New knobs: the program verified with them, fresh read-only data, everything else stays. */
  private change(line: KindLine): string | null {
    const target = this.qdiscs.find(
      ({ built: { qdisc } }) =>
        this.tree.isAttached(qdisc.index) &&
        (line.parent === null ? qdisc === this.root : this.tree.childOf(this.classAt(line.parent)) === qdisc),
    );
    if (target === undefined || target.line.kind !== line.kind) return 'only a change of the same kind is available yet';
    const changed = this.load(line.program, { ...target.knobs, ...line.knobs });
    if (typeof changed === 'string') return changed;
    target.knobs = { ...target.knobs, ...line.knobs };
    target.built.change(changed);
    this.ownClasses(target.built.qdisc.index, line.ownClasses);
    return null;
  }

  private classAt(classid: number): number {
    const place = this.tree.place(0, classid);
    return typeof place === 'string' ? -1 : place.slot;
  }

  // --- packets --------------------------------------------------------------------------------------------------

  private offer(packet: TracePacket): number {
    const segments = packet.gso === undefined ? 1 : Math.ceil((packet.len - TCP_HEADERS) / packet.gso);
    const slot = this.packets.allocate(packet.flow, this.countAs(packet.len) + (segments - 1) * TCP_HEADERS, 0);
    this.traceId.set(this.packets.id[slot] ?? 0, packet.id);
    this.packets.setField(slot, SKB.len, packet.len);
    this.packets.setField(slot, SKB.priority, packet.prio);
    this.packets.setField(slot, SKB.mark, packet.mark);
    this.packets.setField(slot, SKB.hash, packet.hash);
    this.packets.setField(slot, SKB.protocol, 0x0008);
    this.packets.setField(slot, SKB.truesize, packet.truesize ?? packet.len);
    this.packets.setField(slot, SKB.gsoSize, packet.gso ?? 0);
    this.packets.setField(slot, SKB.gsoSegs, packet.gso === undefined ? 0 : segments);
    writeHeaders(this.packets.headerView(slot, TCP_HEADERS), packet);
    return this.root.enqueue(slot);
  }

  private take(): number | null {
    const slot = this.root.dequeue();
    if (slot < 0) return null;
    const id = this.traceId.get(this.packets.id[slot] ?? 0) ?? -1;
    this.packets.release(slot, 'sent');
    return id;
  }

  /** What the log says since the last call: packets dropped and packets marked, in order. */
  private outcomes(): { readonly dropped: number[]; readonly marked: number[] } {
    this.recorder.flush();
    const dropped: number[] = [];
    const marked: number[] = [];
    for (const { columns, count } of this.chunks.splice(0)) {
      for (let i = 0; i < count; i++) {
        const id = this.traceId.get(columns.packet[i] ?? 0) ?? -1;
        if (columns.kind[i] === EVENT.SEGMENT) {
          this.traceId.set(columns.packet[i] ?? 0, this.traceId.get(columns.a[i] ?? 0) ?? -1);
        } else if (columns.kind[i] === EVENT.DROP) dropped.push(id);
        else if (columns.kind[i] === EVENT.MARKED) marked.push(id);
      }
    }
    return { dropped, marked };
  }

  private seenMarks(now: readonly number[], left: number | null): number[] {
    this.unseenMarks.push(...now);
    const seen = this.unseenMarks.filter((packet) => packet === left);
    this.unseenMarks = this.unseenMarks.filter((packet) => packet !== left);
    return seen;
  }

  /** Carries out one operation; the first field that differs from what the kernel did, or null. */
  compare(operation: TraceOperation, packet: TracePacket | undefined): { field: string; expected: unknown; got: unknown } | null {
    this.now = this.t0 + operation.t_ns;
    // Values of the random kinds only; a byte string (100 and more) is no number to hand out.
    this.recorded = (operation.rnd ?? []).filter(([kind]) => kind < 100).map(([, value]) => value);
    let ret: number | undefined;
    let id: number | null | undefined;
    if (operation.op === 'enq' && packet !== undefined) ret = this.offer(packet);
    else if (operation.op === 'deq') id = this.take();
    const { dropped, marked: now } = this.outcomes();
    // The recorder saw a mark of dequeue when the packet left: one that was marked when its parent peeked is reported then.
    const marked = operation.op === 'deq' ? this.seenMarks(now, id ?? null) : now;
    const { qlen, backlog } = this.root.statistics();
    // A packet cut into segments is no drop (contracts 7).
    const wanted = (operation.dropped ?? []).filter((_, at) => operation.reasons?.[at] !== 'consumed');
    // The kernel frees what one call dropped from a list, the last first; a configuration command drops as it goes.
    const collects = operation.op === 'enq' || present(this.qdiscs[0], 'root').line.freesAfterDequeue;
    if (operation.op !== 'tc') {
      if (collects) wanted.reverse();
    } else for (const list of [wanted, dropped]) list.sort((a, b) => a - b);
    const expiries = this.watchdogs.filter((expiry) => expiry > this.now);
    const pending = expiries.length === 0 ? -1 : Math.min(...expiries) - this.t0;
    const checks: readonly (readonly [string, unknown, unknown])[] = [
      ['ret', operation.ret, ret],
      ['id', operation.op === 'deq' ? (operation.id ?? null) : undefined, id],
      ['dropped', wanted.join(), dropped.join()],
      ['marked', (operation.marked ?? []).join(), marked.join()],
      ['qlen', operation.qlen ?? qlen, qlen],
      ['backlog', operation.backlog ?? backlog, backlog],
      // Of a configuration command only the drops are on record.
      ['wd_ns', operation.op === 'tc' ? pending : (operation.wd_ns ?? -1), pending],
    ];
    for (const [field, expected, got] of checks) if (expected !== got) return { field, expected, got };
    return null;
  }
}

/** Replays a trace on the programs that its tc lines name. */
export function replayTrace(trace: KernelTrace, load: LoadKind): ReplayOutcome {
  const plan = planReplay(
    trace.meta.tc,
    trace.ops.filter(({ op }) => op === 'tc').map(({ cmd }) => cmd ?? ''),
  );
  if (typeof plan === 'string') return { ok: false, message: plan };
  const programs: AttachableProgram[] = [];
  for (const { program, knobs } of plan.instances) {
    const loaded = load(program, knobs);
    if (typeof loaded === 'string') return { ok: false, message: loaded };
    programs.push(loaded);
  }
  const replay = new Replay(trace, plan, programs, load);
  const refuse = ({ text }: ReplayCommand, why: string): ReplayOutcome => ({ ok: false, message: `${text}: ${why}` });
  for (const command of plan.before) {
    const refused = replay.execute(command);
    if (refused !== null) return refuse(command, refused);
  }
  const packets = new Map(trace.packets.map((packet) => [packet.id, packet]));
  const commands = plan.during.values();
  let mismatches = 0;
  let first: ReplayResult['first'] = null;
  for (const [index, operation] of trace.ops.entries()) {
    if (operation.op === 'tc') {
      const command = commands.next().value;
      const refused = command === undefined ? null : replay.execute(command);
      if (command !== undefined && refused !== null) return refuse(command, refused);
    } else if (operation.op !== 'enq' && operation.op !== 'deq') {
      return { ok: false, message: `operation "${operation.op}" is not available yet` };
    }
    const difference = replay.compare(operation, packets.get(operation.id ?? -1));
    if (difference === null) continue;
    mismatches++;
    first ??= { index, ...difference };
  }
  const { kind } = present(plan.instances[0], 'root');
  return { ok: true, result: { program: kind, ops: trace.ops.length, mismatches, first, skipped: 0 } };
}
