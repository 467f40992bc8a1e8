// Drives a qdisc through what the real kernel did, operation by operation, and compares (contracts 7). Into the engine go only packets,
// times, the kinds of the operations, tc commands, random values and hashes; never a recorded result. Knows nothing of files.

import { invariant } from '../base/assert.ts';
import { seedStream } from '../base/prng.ts';
import { ArrayMap } from '../maps/array-map.ts';
import type { TraceChunk } from '../trace/chunk.ts';
import { type DropReason, EVENT } from '../trace/event.ts';
import { Recorder } from '../trace/recorder.ts';
import { FRAME_BYTES, MAX_FRAMES } from '../vm/machine.ts';
import { RunMemory } from '../vm/memory.ts';
import type { AttachableProgram } from './attachable-program.ts';
import { BpfQdisc } from './bpf-qdisc.ts';
import { type DeviceDefaults, type KindLine, parseKindLine } from './kind-options.ts';
import { PacketPool, SKB } from './packet.ts';
import { ProgramRun } from './program-run.ts';
import { createMaps, mapBytes, type QdiscMaps } from './qdisc-maps.ts';
import { bindPrograms } from './qdisc-programs.ts';
import { sizeTable } from './size-table.ts';

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

const MTU = 1500;
const TXQUEUELEN = 1000;
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

class Replay {
  private readonly memory: RunMemory;
  private readonly packets: PacketPool;
  private readonly qdisc: BpfQdisc;
  private readonly maps: QdiscMaps;
  private readonly countAs: (length: number) => number;
  private readonly t0: number;
  private now = 0;
  private readonly bind: (program: AttachableProgram) => void;
  private watchdog = -1;
  private chunks: TraceChunk[] = [];
  private readonly recorder = new Recorder((chunk) => this.chunks.push(chunk));
  /** Packet ids of the trace by our own ids. */
  private readonly traceId = new Map<number, number>();

  constructor(trace: KernelTrace, line: KindLine, program: AttachableProgram) {
    this.t0 = Number(trace.meta.t0_abs_ns);
    this.countAs = line.sizeTable === null ? (length) => length : sizeTable(line.sizeTable);
    const needs = mapBytes(program);
    const pool = PacketPool.bytes(needs.packets + 64);
    this.memory = new RunMemory({
      hostBytes: pool.host + needs.host + 8192,
      programBytes: pool.program + needs.program + FRAME_BYTES * MAX_FRAMES + 8192,
    });
    this.packets = new PacketPool(this.memory, needs.packets + 64);
    const stackBase = this.memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
    const run = new ProgramRun();
    this.maps = createMaps(this.memory, this.packets, this.recorder, program, 0);
    this.qdisc = new BpfQdisc({
      index: 0,
      handle: line.handle,
      profile: program.profile,
      quirks: program.quirks,
      memory: this.memory,
      packets: this.packets,
      recorder: this.recorder,
      services: {
        now: () => this.now,
        armWatchdog: (_qdisc, expiry) => {
          this.watchdog = expiry;
        },
        cancelWatchdog: () => {
          this.watchdog = -1;
        },
        packetGone: () => {},
      },
      run,
      skbMaps: this.maps.skbMaps,
    });
    const random = { state: this.memory.hostInt32(4), at: 0 };
    seedStream(random, 0, 'replay');
    const scene = {
      qdisc: 0,
      packets: this.packets,
      recorder: this.recorder,
      maps: this.maps.all,
      firstMap: 0,
      random,
      quirks: program.quirks,
      run,
      now: () => this.now,
      warn: (packet: number, message: string, slot: number) => this.qdisc.warn(packet, message, slot),
      drop: (packetSlot: number, reason: DropReason, slot: number) => this.qdisc.drop(packetSlot, reason, slot),
    };
    this.bind = (verified) => {
      const of = (kind: string) => verified.programs.find((item) => item.kind === kind)?.verified;
      const [enqueue, dequeue] = [of('qdisc/enqueue'), of('qdisc/dequeue')];
      invariant(enqueue !== undefined && dequeue !== undefined, 'both programs of a kind');
      const place = { memory: this.memory, stackBase };
      const bound = bindPrograms(scene, this.maps, place, this.qdisc, enqueue, dequeue, 'jit', of('qdisc/change'));
      this.qdisc.attach(bound.enqueue, bound.dequeue, bound.change);
    };
    this.bind(program);
  }

  /**
   * New knobs: the program verified with them, fresh read-only data, everything else stays. The clock stands at t0 while
   * a command runs, in the middle of a trace too: inferred from fq_codel's change trace, which fits t0 and not the time of the command.
   */
  change(program: AttachableProgram): void {
    program.maps.forEach((definition, index) => {
      const map = this.maps.all[index];
      if (definition.data?.readOnly && map instanceof ArrayMap) this.memory.u8.set(definition.data.bytes, map.values);
    });
    this.bind(program);
    this.now = this.t0;
    this.qdisc.changed();
  }

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
    return this.qdisc.enqueue(slot);
  }

  private take(): number | null {
    const slot = this.qdisc.dequeue();
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
        if (columns.kind[i] === EVENT.DROP) dropped.push(id);
        else if (columns.kind[i] === EVENT.MARKED) marked.push(id);
      }
    }
    return { dropped, marked };
  }

  /** Carries out one operation; the first field that differs from what the kernel did, or null. */
  compare(operation: TraceOperation, packet: TracePacket | undefined): { field: string; expected: unknown; got: unknown } | null {
    this.now = this.t0 + operation.t_ns;
    let ret: number | undefined;
    let id: number | null | undefined;
    if (operation.op === 'enq' && packet !== undefined) ret = this.offer(packet);
    else if (operation.op === 'deq') id = this.take();
    const { dropped, marked } = this.outcomes();
    const { qlen, backlog } = this.qdisc.statistics();
    const wanted = [...(operation.dropped ?? [])];
    // The kernel frees what one call dropped from a list, the last first; a configuration command drops as it goes.
    if (operation.op !== 'tc') wanted.reverse();
    else for (const list of [wanted, dropped]) list.sort((a, b) => a - b);
    const pending = this.watchdog < 0 || this.watchdog <= this.now ? -1 : this.watchdog - this.t0;
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

/** Device facts and the root's line from the trace's commands: `ip link … txqueuelen N` and one `tc qdisc add … root …`. */
function readCommands(commands: readonly string[]): { readonly line: KindLine; readonly device: DeviceDefaults } | string {
  let device: DeviceDefaults = { txqueuelen: TXQUEUELEN, mtu: MTU };
  let line: KindLine | null = null;
  for (const command of commands) {
    const length = /^ip link .*txqueuelen (\d+)/.exec(command);
    if (length !== null) {
      device = { ...device, txqueuelen: Number(length[1]) };
      continue;
    }
    const read = parseKindLine(command, device);
    if (!read.ok) return `${command}: ${read.message}`;
    if (line !== null) return `${command}: a second qdisc is not available yet`;
    line = read.line;
  }
  return line === null ? 'the trace has no tc line' : { line, device };
}

/** Replays a trace on the program that its tc line names. */
export function replayTrace(trace: KernelTrace, load: LoadKind): ReplayOutcome {
  const commands = readCommands(trace.meta.tc);
  if (typeof commands === 'string') return { ok: false, message: commands };
  const { line, device } = commands;
  let { knobs } = line;
  const program = load(line.program, knobs);
  if (typeof program === 'string') return { ok: false, message: program };
  const replay = new Replay(trace, line, program);
  const packets = new Map(trace.packets.map((packet) => [packet.id, packet]));
  let mismatches = 0;
  let first: ReplayResult['first'] = null;
  for (const [index, operation] of trace.ops.entries()) {
    if (operation.op === 'tc') {
      const read = parseKindLine(operation.cmd ?? '', device);
      if (!read.ok || read.line.action !== 'change' || read.line.kind !== line.kind) {
        return {
          ok: false,
          message: `${operation.cmd}: ${read.ok ? 'only a change of the same kind is available yet' : read.message}`,
        };
      }
      knobs = { ...knobs, ...read.line.knobs };
      const changed = load(line.program, knobs);
      if (typeof changed === 'string') return { ok: false, message: changed };
      replay.change(changed);
    } else if (operation.op !== 'enq' && operation.op !== 'deq') {
      return { ok: false, message: `operation "${operation.op}" is not available yet` };
    }
    const difference = replay.compare(operation, packets.get(operation.id ?? -1));
    if (difference === null) continue;
    mismatches++;
    first ??= { index, ...difference };
  }
  return { ok: true, result: { program: line.kind, ops: trace.ops.length, mismatches, first, skipped: 0 } };
}
