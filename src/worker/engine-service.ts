// Implements EngineApi over the engine's door: builds, one run at a time, moments. Knows nothing of the page.

import type { LanguageAnswer, LanguageDocument, LanguageQuestion, LanguageServices } from '../engine/index.ts';
import {
  type AttachableProgram,
  createExperiment,
  type Experiment,
  loadLanguageServices,
  type Prepared,
  parseScenario,
  prepareObject,
  Recorder,
  Simulation,
  showClasses,
  showQdiscs,
  viewMap,
} from '../engine/index.ts';
import type {
  BreakpointSearch,
  BreakpointSlots,
  BuildReport,
  BuildRequest,
  EngineApi,
  EngineMessage,
  ExecutedRun,
  ExecutionPlace,
  MachineReport,
  MomentReport,
  PageMessage,
  RunInfo,
  RunRequest,
  StartResult,
} from './api.ts';
import { buildReport, compileInput, summarise, verifierFindings } from './build-report.ts';
import { flattenProblem } from './flat-diagnostic.ts';
import { machineReport } from './machine-report.ts';
import { RunLoop } from './run-loop.ts';

/** One run and what is needed to look into it. */
interface Run {
  readonly id: number;
  readonly simulation: Simulation;
  readonly loop: RunLoop;
}

/** Fields of `__sk_buff` the inspector lists: name, offset, bytes. */
const SKB_FIELDS = [
  ['len', 0, 4],
  ['mark', 8, 4],
  ['priority', 32, 4],
  ['hash', 68, 4],
  ['tc_classid', 72, 4],
  ['tstamp', 152, 8],
] as const;

/** Steps a breakpoint is looked for at a time: some tenths of a second. */
const BREAKPOINT_STEPS = 4000;

export class EngineService implements EngineApi {
  private port: MessagePort | null = null;
  private run: Run | null = null;
  private lastId = 0;
  private languageServices: LanguageServices | null = null;

  connect(port: MessagePort): void {
    this.port = port;
    port.onmessage = (event: MessageEvent<PageMessage>) => {
      if (event.data.runId === this.run?.id) this.run.loop.chunkAcknowledged();
    };
  }

  private send(message: EngineMessage, transfer: Transferable[] = []): void {
    this.port?.postMessage(message, transfer);
  }

  build(request: BuildRequest): Promise<BuildReport> {
    return buildReport(request);
  }

  async language(about: LanguageDocument, question: LanguageQuestion): Promise<LanguageAnswer> {
    this.languageServices ??= await loadLanguageServices();
    return this.languageServices.ask(about, question);
  }

  async checkScenario(text: string): ReturnType<EngineApi['checkScenario']> {
    const result = parseScenario(text);
    return result.ok
      ? { scenario: result.scenario, problems: [] }
      : { scenario: null, problems: result.problems.map(flattenProblem) };
  }

  async stop(): Promise<void> {
    this.run?.loop.stop();
  }

  async start(request: RunRequest): Promise<StartResult> {
    this.run?.loop.stop();
    const id = ++this.lastId;
    const prepared = new Map<string, Prepared>();
    const attachable = new Map<string, AttachableProgram>();
    for (const [name, input] of Object.entries(request.programs)) {
      const compiled = await compileInput(input, true);
      if (compiled.object === null) return { ok: false, problems: compiled.diagnostics };
      const settings = request.scenario.programs[name];
      const result = prepareObject(compiled.object, {
        profile: settings?.profile ?? (input.kind === 'source' ? input.profile : null),
        quirks: settings?.quirks ?? [],
        set: settings?.set ?? {},
      });
      if (result.attachable === null) return { ok: false, problems: verifierFindings(result) };
      prepared.set(name, result);
      attachable.set(name, result.attachable);
    }
    if (id !== this.lastId) return { ok: false, problems: [flattenProblem({ path: '', message: 'a newer run has begun' })] };
    const recorder = new Recorder((chunk) => {
      const { count, base, stringBase, strings, columns } = chunk;
      this.run?.loop.chunkSent();
      this.send({ type: 'chunk', runId: id, buffer: columns.buffer, count, base, stringBase, strings }, [columns.buffer]);
    });
    const result = createExperiment(request.scenario, attachable, recorder);
    if (!result.ok) return { ok: false, problems: result.problems.map(flattenProblem) };
    const simulation = new Simulation(result.experiment);
    const loop = new RunLoop(simulation, ({ state, message }) => {
      const ended = state !== 'running';
      if (ended) recorder.flush();
      const digest = state === 'done' ? recorder.digestHex() : null;
      const { now, steps } = simulation.experiment;
      this.send({ type: 'status', runId: id, state, t: now, records: recorder.count, steps, digest, message });
    });
    this.run = { id, simulation, loop };
    loop.start();
    const warnings = [...prepared.values()].flatMap(verifierFindings).filter((item) => item.severity === 'warning');
    return { ok: true, run: describe(id, result.experiment, prepared), warnings };
  }

  async inspect(runId: number, step: number, packet: number): Promise<MomentReport | null> {
    const { run } = this;
    if (run === null || run.id !== runId || step > run.simulation.frontier) return null;
    return run.simulation.at(step, (experiment) => moment(run.id, run.simulation, experiment, packet));
  }

  async executed(runId: number, step: number): Promise<readonly ExecutedRun[] | null> {
    const { run } = this;
    if (run === null || run.id !== runId || step > run.simulation.frontier) return null;
    return run.simulation.executionsIn(step);
  }

  async machineAt(runId: number, place: ExecutionPlace, watches: readonly string[]): Promise<MachineReport | null> {
    const { run } = this;
    if (run === null || run.id !== runId) return null;
    return run.simulation.machineAt(place, (machine, experiment, qdisc, program) =>
      machineReport({ machine, experiment, qdisc, program }, watches),
    );
  }

  async findBreakpoint(
    runId: number,
    from: ExecutionPlace,
    direction: 1 | -1,
    breakpoints: readonly BreakpointSlots[],
  ): Promise<BreakpointSearch | null> {
    const { run } = this;
    if (run === null || run.id !== runId) return null;
    const stops = new Set(breakpoints.flatMap(({ qdisc, program, slots }) => slots.map((slot) => `${qdisc} ${program} ${slot}`)));
    const wanted = (qdisc: number, program: string, slot: number): boolean => stops.has(`${qdisc} ${program} ${slot}`);
    return run.simulation.findExecution(from, direction, wanted, BREAKPOINT_STEPS);
  }
}

function moment(runId: number, simulation: Simulation, experiment: Experiment, packet: number): MomentReport {
  const { packets, memory } = experiment;
  const slot = packet === 0 ? -1 : packets.id.indexOf(packet);
  const fields = SKB_FIELDS.map(([name, offset, size]) => {
    const low = packets.field(slot, offset) >>> 0;
    const value = size === 8 ? (packets.field(slot, offset + 4) >>> 0) * 4294967296 + low : low;
    return { name, value: String(value) };
  });
  return {
    runId,
    step: experiment.steps,
    t: experiment.now,
    maps: experiment.instances.flatMap(({ maps, program }) =>
      maps.all.map((map) => viewMap(map, memory, packets, program.quirks)),
    ),
    tc: showQdiscs(experiment),
    classes: experiment.devices.flatMap((_, device) => showClasses(experiment, device)),
    packet: slot >= 0 && packets.alive(slot) ? fields : null,
    digest: simulation.stateDigest(),
  };
}

function describe(runId: number, experiment: Experiment, prepared: ReadonlyMap<string, Prepared>): RunInfo {
  const summaryOf = (name: string, section: string) => {
    const program = prepared.get(name)?.programs.find((item) => item.linked.section === section);
    return program === undefined ? null : summarise(program);
  };
  const nameOf = (program: AttachableProgram): string =>
    [...prepared].find(([, item]) => item.attachable === program)?.[0] ?? program.name;
  return {
    runId,
    flows: experiment.flows.map(({ index, name }) => ({ index, name })),
    devices: experiment.devices.map(({ index, setup }) => ({ index, name: setup.name, rateBitsPerSecond: setup.rate })),
    qdiscs: experiment.instances.map(({ qdisc, handle, device, program, enqueue, dequeue }) => ({
      index: qdisc.index,
      handle,
      device: experiment.devices[device]?.setup.name ?? '',
      program: nameOf(program),
      profile: program.profile.id,
      quirks: [...program.quirks],
      enqueue: summaryOf(nameOf(program), enqueue.linked.section),
      dequeue: summaryOf(nameOf(program), dequeue.linked.section),
      change: summaryOf(nameOf(program), 'qdisc/change'),
      peek: summaryOf(nameOf(program), 'qdisc/peek'),
    })),
    maps: experiment.instances.flatMap(({ qdisc, maps }) =>
      maps.all.map((map) => ({
        index: map.index,
        qdisc: qdisc.index,
        name: map.definition.name,
        type: viewMap(map, experiment.memory, experiment.packets).type,
        maxEntries: map.definition.maxEntries,
        keySize: map.definition.keySize,
        valueSize: map.definition.valueSize,
      })),
    ),
    durationNs: experiment.duration,
  };
}
