// An experiment: one scenario made runnable. Builds the whole run in one memory (packets, maps, qdiscs, devices, timers),
// then carries out one event a step. Everything that changes lives in that memory. Knows nothing of checkpoints, workers or pages.

import type { ProgramKind } from '../abi/profile.ts';
import { present } from '../base/assert.ts';
import { PRNG_STATE_WORDS, type RandomStream, seedStream } from '../base/prng.ts';
import { parseRate, parseTime } from '../base/quantity.ts';
import type { AttachableProgram } from '../tc/attachable-program.ts';
import type { BpfQdisc } from '../tc/bpf-qdisc.ts';
import { DeviceQueue } from '../tc/device-queue.ts';
import type { FilterCommand } from '../tc/filter/filter-command.ts';
import { FilterTable } from '../tc/filter/filter-table.ts';
import { type Balance, countQueued, imbalance } from '../tc/ownership.ts';
import { PacketPool } from '../tc/packet.ts';
import { RunNumbers } from '../tc/program-run.ts';
import type { QdiscServices } from '../tc/qdisc.ts';
import { buildQdisc, QDISC_STACK_BYTES, type QdiscSurroundings } from '../tc/qdisc-instance.ts';
import { mapBytes, type QdiscMaps } from '../tc/qdisc-maps.ts';
import { QdiscTree } from '../tc/qdisc-tree.ts';
import { type AttachCommand, parseTc, type TcCommand } from '../tc/tc-command.ts';
import { executeClass, executeFilter } from '../tc/tc-execute.ts';
import { dropReason, EVENT } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { EngineChoice, VerifiedProgram } from '../vm/instantiate.ts';
import { RunMemory } from '../vm/memory.ts';
import { EventQueue } from './event-queue.ts';
import type { Scenario, ScenarioProblem } from './scenario.ts';
import { TrafficSource } from './traffic-source.ts';

/** Packets that can be alive at once; a run that needs more ends and says so (experience 3.5). The maps of a tree of qdiscs have room for more. */
const PACKET_LIMIT = 100_000;
/** Steps a run may have. */
const STEP_LIMIT = 2_000_000;
/** Steps that may happen at one and the same time before the run is stopped. */
const STEPS_WITHOUT_TIME = 100_000;
const NO_TIME = -1;

/** One line of tc with where it stands in the scenario. */
interface PlannedCommand {
  readonly path: string;
  readonly text: string;
  readonly t: number;
  readonly command: TcCommand | null;
  readonly link: { readonly device: number; readonly up: boolean } | null;
  /** Number of the qdisc it creates, or of the filter command; -1. */
  readonly qdisc: number;
}

/** A qdisc as the run knows it. */
export interface QdiscInstance {
  readonly qdisc: BpfQdisc;
  readonly program: AttachableProgram;
  readonly handle: string;
  readonly device: number;
  readonly maps: QdiscMaps;
  readonly enqueue: VerifiedProgram;
  readonly dequeue: VerifiedProgram;
}

export type ExperimentResult =
  | { readonly ok: true; readonly experiment: Experiment }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

class Plan {
  readonly problems: ScenarioProblem[] = [];
  readonly commands: PlannedCommand[] = [];
  readonly filters: FilterCommand[] = [];
  /** Classes there can be at most. */
  classes = 0;
  readonly attachments: {
    readonly attachment: AttachCommand;
    readonly program: AttachableProgram;
    readonly device: number;
    readonly path: string;
  }[] = [];

  constructor(scenario: Scenario, programs: ReadonlyMap<string, AttachableProgram>) {
    const deviceIndex = (name: string): number => scenario.devices.findIndex((device) => device.name === name);
    const addTc = (path: string, text: string, t: number): void => {
      const parsed = parseTc(text);
      if (!parsed.ok) {
        this.problems.push({ path, message: parsed.message });
        return;
      }
      const { command } = parsed;
      const device = deviceIndex(command.device);
      if (device < 0) this.problems.push({ path, message: `there is no device "${command.device}"` });
      let qdisc = -1;
      if (command.object === 'class') this.classes++;
      if (command.object === 'filter') {
        qdisc = this.filters.length;
        this.filters.push(command);
      }
      if (command.object === 'qdisc' && command.action !== 'delete') {
        const program = programs.get(command.program);
        if (program === undefined) {
          const known = [...programs.keys()].join(', ') || 'none';
          this.problems.push({ path, message: `there is no program "${command.program}" (there is: ${known})` });
        } else {
          qdisc = this.attachments.length;
          this.attachments.push({ attachment: command, program, device: Math.max(0, device), path });
        }
      }
      this.commands.push({ path, text, t, command, link: null, qdisc });
    };
    for (const [index, line] of scenario.tc.entries()) addTc(`tc.${index}`, line, 0);
    (scenario.events ?? []).forEach((event, index) => {
      const t = parseTime(event.t) ?? 0;
      if (event.tc !== undefined) addTc(`events.${index}.tc`, event.tc, t);
      else if (event.link !== undefined) {
        const [name = '', state] = event.link.split(' ');
        const link = { device: deviceIndex(name), up: state === 'up' };
        this.commands.push({ path: `events.${index}.link`, text: event.link, t, command: null, link, qdisc: -1 });
      }
    });
  }
}

/** Builds a run. Problems name the place in the scenario; nothing is thrown for what a scenario says. */
export function createExperiment(
  scenario: Scenario,
  programs: ReadonlyMap<string, AttachableProgram>,
  recorder: Recorder,
  engine: EngineChoice = 'jit',
): ExperimentResult {
  const plan = new Plan(scenario, programs);
  const problems = [...plan.problems];
  let capacity = 64;
  for (const { program, path, attachment } of plan.attachments) {
    for (const problem of mapBytes(program).problems) problems.push({ path, message: `${attachment.program}: ${problem}` });
    capacity += mapBytes(program).packets;
    for (const kind of ['qdisc/enqueue', 'qdisc/dequeue'] as const) {
      const section = kind === 'qdisc/enqueue' ? attachment.enqueueSection : attachment.dequeueSection;
      if (findProgram(program, kind, section) === null) {
        problems.push({ path, message: `"${attachment.program}" has no program in section ${section ?? kind}` });
      }
    }
  }
  for (const device of scenario.devices) capacity += device.ring ?? 1;
  if (problems.length > 0) return { ok: false, problems };
  const experiment = new Experiment(scenario, plan, recorder, Math.min(capacity, PACKET_LIMIT), engine);
  return experiment.refusals.length > 0 ? { ok: false, problems: experiment.refusals } : { ok: true, experiment };
}

function findProgram(program: AttachableProgram, kind: ProgramKind, section: string | null): VerifiedProgram | null {
  const found = program.programs.find((item) =>
    section === null ? item.kind === kind : item.section === section && item.kind === kind,
  );
  return found?.verified ?? null;
}

export class Experiment {
  readonly scenario: Scenario;
  readonly memory: RunMemory;
  readonly packets: PacketPool;
  readonly recorder: Recorder;
  readonly devices: readonly DeviceQueue[];
  readonly flows: readonly TrafficSource[];
  readonly instances: readonly QdiscInstance[];
  readonly duration: number;
  /** Stack of all programs: dead between steps. */
  readonly stack: { readonly from: number; readonly to: number };
  readonly tree: QdiscTree;
  readonly filters: FilterTable;
  /** Lines of the scenario's `tc` that could not be carried out at the start. */
  readonly refusals: ScenarioProblem[] = [];
  private readonly timers: EventQueue;
  private readonly commands: readonly PlannedCommand[];
  /** [0] now, [1] steps, [2] steps at the present time, [3] 1 when finished, [4] next command. */
  private readonly words: Float64Array;

  constructor(scenario: Scenario, plan: Plan, recorder: Recorder, capacity: number, engine: EngineChoice) {
    this.scenario = scenario;
    this.recorder = recorder;
    this.duration = parseTime(scenario.duration) ?? 0;
    this.commands = plan.commands.toSorted((a, b) => a.t - b.t);
    const timers = scenario.flows.length + 2 * scenario.devices.length + plan.attachments.length + 1;
    this.memory = new RunMemory(memoryPlan(scenario, plan, capacity, timers));
    this.words = this.memory.hostFloat64(8);
    this.timers = new EventQueue(this.memory, timers);
    this.packets = new PacketPool(this.memory, capacity);
    const stacks = QDISC_STACK_BYTES * Math.max(1, plan.attachments.length);
    const stackBase = this.memory.allocateProgram(stacks);
    this.stack = { from: stackBase, to: stackBase + stacks };
    this.tree = new QdiscTree(this.memory, plan.attachments.length, plan.classes);
    this.filters = new FilterTable(this.memory, plan.filters);
    this.tree.onGone = (qdisc, minor) => this.filters.drop(qdisc, minor);
    this.devices = scenario.devices.map((_, index) => this.buildDevice(index));
    this.flows = scenario.flows.map((flow, index) => {
      const device = flow.device === undefined ? 0 : scenario.devices.findIndex((item) => item.name === flow.device);
      return new TrafficSource(this.memory, index, device, flow, scenario.seed);
    });
    let mapNumber = 0;
    const { memory, packets, tree, filters } = this;
    const services = this.qdiscServices();
    const around = { memory, packets, recorder, services, tree, filters, numbers: new RunNumbers(), engine };
    this.instances = plan.attachments.map((item, index) => {
      const instance = this.buildInstance(item, index, mapNumber, stackBase + index * QDISC_STACK_BYTES, around);
      mapNumber += item.program.maps.length;
      return instance;
    });
    this.begin();
  }

  // --- building -------------------------------------------------------------------------------------------------

  private buildDevice(index: number): DeviceQueue {
    const device = present(this.scenario.devices[index], 'device');
    return new DeviceQueue({
      index,
      name: device.name,
      rate: present(parseRate(device.rate), 'rate'),
      ring: device.ring ?? 1,
      memory: this.memory,
      packets: this.packets,
      recorder: this.recorder,
      qdisc: (number) => this.instances[number]?.qdisc ?? null,
      services: {
        now: () => this.now,
        scheduleTransmitDone: (at, time) => this.timers.set(this.transmitTimer(at), time),
        cancelTransmitDone: (at) => {
          this.timers.cancel(this.transmitTimer(at));
          this.timers.cancel(this.transmitTimer(at) + 1);
        },
        scheduleRun: (at) => this.timers.set(this.transmitTimer(at) + 1, this.now),
      },
    });
  }

  private buildInstance(
    item: Plan['attachments'][number],
    index: number,
    firstMap: number,
    stackBase: number,
    around: QdiscSurroundings,
  ): QdiscInstance {
    const { program, attachment, device } = item;
    const random: RandomStream = { state: this.memory.hostInt32(PRNG_STATE_WORDS), at: 0 };
    seedStream(random, this.scenario.seed, `qdisc:${index}`);
    const major = attachment.handle ?? 0x8001 + index;
    const handle = (major << 16) >>> 0;
    const enqueue = present(findProgram(program, 'qdisc/enqueue', attachment.enqueueSection), 'enqueue program');
    const dequeue = present(findProgram(program, 'qdisc/dequeue', attachment.dequeueSection), 'dequeue program');
    const built = buildQdisc(around, { index, handle, device, program, enqueue, dequeue, firstMap, stackBase, random });
    const { qdisc, maps } = built;
    return { qdisc, program, handle: `${major.toString(16)}:`, device, maps, enqueue, dequeue };
  }

  private qdiscServices(): QdiscServices {
    return {
      now: () => this.now,
      armWatchdog: (qdisc, expiry) => {
        const timer = this.watchdogTimer(qdisc);
        if (this.timers.isPending(timer) && this.timers.timeOf(timer) === expiry) return;
        this.timers.set(timer, expiry);
        this.recorder.record(EVENT.WATCHDOG_SET, 0, qdisc, (expiry % 4294967296) | 0, Math.floor(expiry / 4294967296));
      },
      cancelWatchdog: (qdisc) => {
        const timer = this.watchdogTimer(qdisc);
        if (!this.timers.isPending(timer)) return;
        this.timers.cancel(timer);
        this.recorder.record(EVENT.WATCHDOG_CANCELLED, 0, qdisc);
      },
      packetGone: (slot, how) => {
        const tally = this.devices[this.packets.device[slot] ?? 0]?.tally;
        if (how === 'dropped') tally?.countDropped();
        else if (how === 'consumed') tally?.countConsumed();
        else tally?.countLeaked();
      },
      packetMade: (slot) => this.devices[this.packets.device[slot] ?? 0]?.tally.countSegment(),
    };
  }

  /** Timers: flows, then two a device (end of transmission, run again), one a qdisc, the commands. */
  private transmitTimer(device: number): number {
    return this.flows.length + 2 * device;
  }
  private watchdogTimer(qdisc: number): number {
    return this.scenario.flows.length + 2 * this.scenario.devices.length + qdisc;
  }
  private get commandTimer(): number {
    return this.scenario.flows.length + 2 * this.scenario.devices.length + this.instances.length;
  }

  private begin(): void {
    let next = 0;
    while (next < this.commands.length && this.commands[next]?.t === 0 && this.commands[next]?.path.startsWith('tc.')) {
      this.carryOut(present(this.commands[next++], 'command'));
    }
    this.words[4] = next;
    const command = this.commands[next];
    if (command !== undefined) this.timers.set(this.commandTimer, command.t);
    for (const flow of this.flows) {
      const at = flow.first();
      if (at !== Number.POSITIVE_INFINITY) this.timers.set(flow.index, at);
    }
  }

  // --- running --------------------------------------------------------------------------------------------------

  /** Simulated time, ns. */
  get now(): number {
    return this.words[0] ?? 0;
  }

  /** Steps carried out. */
  get steps(): number {
    return this.words[1] ?? 0;
  }

  get finished(): boolean {
    return (this.words[3] ?? 0) !== 0;
  }

  /** Carries out the next event; false once the run has ended. */
  step(): boolean {
    if (this.finished) return false;
    const timer = this.timers.first;
    const time = timer < 0 ? Number.POSITIVE_INFINITY : this.timers.timeOf(timer);
    this.words[1] = this.steps + 1;
    this.recorder.openStep();
    if (time > this.duration) return this.end(this.duration, 0, 'the duration is over');
    if (this.steps > STEP_LIMIT) return this.end(this.now, 1, `more than ${STEP_LIMIT} events`);
    this.words[2] = time === this.now ? (this.words[2] ?? 0) + 1 : 0;
    if ((this.words[2] ?? 0) > STEPS_WITHOUT_TIME) {
      return this.end(this.now, 1, `time stands still: ${STEPS_WITHOUT_TIME} events at one moment`);
    }
    this.words[0] = time;
    this.recorder.now = time;
    this.timers.takeFirst();
    this.dispatch(timer);
    return true;
  }

  private end(time: number, how: number, why: string): boolean {
    this.words[0] = time;
    this.words[3] = 1;
    this.recorder.now = time;
    this.recorder.record(EVENT.END, 0, how, this.recorder.text(why));
    return true;
  }

  private dispatch(timer: number): void {
    const flows = this.flows.length;
    if (timer < flows) return this.arrive(present(this.flows[timer], 'flow'));
    const device = Math.floor((timer - flows) / 2);
    const queue = this.devices[device];
    if (queue !== undefined) {
      if ((timer - flows) % 2 === 0) return queue.transmitDone();
      this.recorder.record(EVENT.QUEUE_RUN, 0, device);
      return queue.transmitRun();
    }
    const instance = this.instances[timer - flows - 2 * this.devices.length];
    if (instance !== undefined) {
      instance.qdisc.watchdogFired();
      this.devices[instance.device]?.transmitRun();
      return;
    }
    const at = this.words[4] ?? 0;
    this.words[4] = at + 1;
    const command = present(this.commands[at], 'command');
    this.recorder.record(EVENT.COMMAND, 0, at, this.recorder.text(command.text));
    this.carryOut(command);
    const next = this.commands[at + 1];
    if (next !== undefined) this.timers.set(this.commandTimer, next.t);
  }

  private arrive(flow: TrafficSource): void {
    const { packets, recorder, memory } = this;
    const queue = present(this.devices[flow.device], 'device');
    const slot = packets.allocate(flow.index, flow.length(), flow.device);
    if (slot < 0) {
      this.end(this.now, 1, `more than ${packets.capacity} packets at once`);
      return;
    }
    flow.fill(memory, packets, slot, this.now, flow.device + 1);
    queue.tally.countOffered();
    recorder.record(EVENT.ARRIVAL, packets.id[slot] ?? 0, flow.index, packets.length[slot] ?? 0, slot, flow.device);
    const { root } = queue;
    if (root === null || !queue.isUp) this.lose(slot, 'NO_QDISC');
    else {
      root.enqueue(slot);
      queue.transmitRun();
    }
    const next = flow.next(this.now);
    if (next !== Number.POSITIVE_INFINITY) this.timers.set(flow.index, next);
  }

  /** Drops a packet that no qdisc has. */
  private lose(slot: number, reason: 'NO_QDISC' | 'DEVICE_DOWN'): void {
    const { packets, recorder } = this;
    this.devices[packets.device[slot] ?? 0]?.tally.countDropped();
    recorder.record(EVENT.DROP, packets.id[slot] ?? 0, dropReason(reason), -1, -1, packets.flow[slot] ?? 0);
    packets.release(slot, 'dropped');
  }

  private carryOut({ command, link, qdisc, path, text }: PlannedCommand): void {
    if (link !== null) {
      this.setLink(link.device, link.up);
      return;
    }
    if (command === null) return;
    const refused = this.execute(command, qdisc);
    if (refused === null) return;
    this.refusals.push({ path, message: refused });
    this.recorder.record(EVENT.REFUSED, 0, this.words[4] ?? 0, this.recorder.text(`${text}: ${refused}`));
  }

  /** Carries out a tc command; null, or why not. */
  private execute(command: TcCommand, number: number): string | null {
    const { memory, tree, filters } = this;
    const device = this.devices.find((item) => item.setup.name === command.device);
    if (device === undefined) return `there is no device "${command.device}"`;
    const root = (at: number) => tree.qdisc(this.devices[at]?.root?.index ?? -1);
    const maps = (qdisc: number) => present(this.instances[qdisc], 'qdisc').maps;
    const scene = { memory, tree, filters, root, maps };
    if (command.object === 'class') return executeClass(scene, command, device.index);
    if (command.object === 'filter') return executeFilter(scene, command, number, device.index);
    if (command.parent !== null) {
      if (command.action === 'delete') return tree.ungraft(device.index, command.parent);
      return tree.graft(number, device.index, command.parent, command.action === 'add');
    }
    const old = device.root;
    if (old !== null) tree.detach(old.index);
    if (command.action !== 'delete') tree.attachRoot(number);
    device.setRoot(command.action === 'delete' ? -1 : number);
    return null;
  }

  private setLink(index: number, up: boolean): void {
    const device = present(this.devices[index], 'device');
    if (device.isUp === up) return;
    this.recorder.record(EVENT.LINK, 0, index, up ? 1 : 0);
    const below = device.root === null ? [] : this.tree.subtree(device.root.index);
    if (up) {
      device.goUp();
      for (const qdisc of below) qdisc.activate();
      return;
    }
    device.goDown((slot) => this.lose(slot, 'DEVICE_DOWN'));
    for (const qdisc of below) qdisc.deactivate();
  }

  // --- the ledger -----------------------------------------------------------------------------------------------

  /** The conservation terms of a qdisc and all below it, each counted by its own walk or counter. */
  qdiscBalance(index: number): Balance {
    const { tally } = present(this.instances[index], 'qdisc').qdisc;
    let [queued, held] = [0, 0];
    for (const { index: at } of this.tree.subtree(index)) {
      const { qdisc, maps } = present(this.instances[at], 'qdisc');
      queued += countQueued([...maps.skbMaps.values()], (slot) => this.packets.owner[slot] === at);
      held += qdisc.countHeld();
    }
    const { offered, segments, sent, dropped, consumed, leaked } = tally;
    return { offered, cloned: 0, segments, sent, dropped, consumed, queued, held, inFlight: 0, leaked };
  }

  /** The conservation terms of a device, over all its qdiscs. */
  deviceBalance(index: number): Balance {
    const device = present(this.devices[index], 'device');
    let queued = 0;
    let held = 0;
    for (const { qdisc, maps, device: at } of this.instances) {
      if (at !== index) continue;
      queued += countQueued([...maps.skbMaps.values()], (slot) => this.packets.device[slot] === index);
      held += qdisc.countHeld();
    }
    const { offered, segments, sent, dropped, consumed, leaked } = device.tally;
    return { offered, cloned: 0, segments, sent, dropped, consumed, queued, held, inFlight: device.countInFlight(), leaked };
  }

  /** What is out of balance now, in words; empty when every packet is where it should be. */
  imbalances(): string[] {
    const found: string[] = [];
    this.instances.forEach((instance, index) => {
      const problem = imbalance(this.qdiscBalance(index), `qdisc ${instance.handle}`);
      if (problem !== null) found.push(problem);
    });
    this.devices.forEach((device, index) => {
      const problem = imbalance(this.deviceBalance(index), `device ${device.setup.name}`);
      if (problem !== null) found.push(problem);
    });
    return found;
  }

  /** When the qdisc's watchdog will fire, ns, or -1. */
  watchdogExpiry(index: number): number {
    const timer = this.watchdogTimer(index);
    return this.timers.isPending(timer) ? this.timers.timeOf(timer) : NO_TIME;
  }
}

function memoryPlan(
  scenario: Scenario,
  plan: Plan,
  capacity: number,
  timers: number,
): { hostBytes: number; programBytes: number } {
  const pool = PacketPool.bytes(capacity);
  let hostBytes =
    pool.host + EventQueue.bytes(timers) + 8192 + scenario.flows.length * TrafficSource.BYTES + scenario.devices.length * 256;
  hostBytes += QdiscTree.bytes(plan.attachments.length, plan.classes) + FilterTable.bytes(plan.filters.length);
  let programBytes = pool.program + QDISC_STACK_BYTES * Math.max(1, plan.attachments.length) + 8192;
  for (const { program } of plan.attachments) {
    const needs = mapBytes(program);
    hostBytes += needs.host + 512;
    programBytes += needs.program + 64;
  }
  return { hostBytes, programBytes };
}
