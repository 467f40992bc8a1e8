// `qdisc run`: runs a scenario headless and prints its figures.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  type AttachableProgram,
  createExperiment,
  type Experiment,
  PacketTable,
  type ProfileId,
  prepareObject,
  Recorder,
  type RunFigures,
  renderDiagnostic,
  runFigures,
  type Scenario,
  showClasses,
  showQdiscs,
  TraceLog,
} from '../../src/engine/index.ts';
import { findProgram, type LoadedScenario, loadProgram, loadScenario } from '../input.ts';
import type { Action } from '../main.ts';
import { durationText, engineName, profileName, wholeNumber } from '../options.ts';
import { print, printJson, STATUS, UsageError, warn } from '../output.ts';

interface RunFlags {
  readonly program?: string;
  readonly profile?: ProfileId;
  readonly until?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly slices?: number;
  readonly engine: 'interpreter' | 'jit';
  readonly check?: boolean;
  readonly csv?: string;
  readonly trace?: string;
  readonly pcap?: string;
  readonly json?: boolean;
}

/** The scenario with what the flags change in it. */
function applyFlags(scenario: Scenario, flags: RunFlags): Scenario {
  const set: Record<string, string> = {};
  for (const text of flags.set ?? []) {
    const [name = '', value] = text.split(/=(.*)/s);
    if (value === undefined) throw new UsageError(`--set takes knob=value, not "${text}"`);
    set[name] = value;
  }
  const programs = Object.fromEntries(
    Object.entries(scenario.programs).map(([name, item]) => [name, { ...item, set: { ...item.set, ...set } }]),
  );
  return {
    ...scenario,
    programs,
    ...(flags.until === undefined ? {} : { duration: flags.until }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  };
}

async function attachables(
  loaded: LoadedScenario,
  scenario: Scenario,
  flags: RunFlags,
): Promise<Map<string, AttachableProgram> | null> {
  const result = new Map<string, AttachableProgram>();
  for (const [name, item] of Object.entries(scenario.programs)) {
    const text = loaded.sources[name] ?? item.source;
    const inline =
      text === undefined ? null : { path: `${name}.bpf.c`, kind: 'source' as const, bytes: new TextEncoder().encode(text) };
    const file = flags.program !== undefined ? findProgram(flags.program) : (inline ?? findProgram(item.gallery ?? name));
    const profile = flags.profile ?? item.profile ?? null;
    const object = await loadProgram(file, profile);
    if (object === null) return null;
    const prepared = prepareObject(object, { profile, quirks: item.quirks ?? [], set: item.set ?? {} });
    for (const diagnostic of prepared.diagnostics) warn(renderDiagnostic(diagnostic));
    if (prepared.attachable === null) return null;
    result.set(name, prepared.attachable);
  }
  return result;
}

/** Steps to the end, in slices when asked; with `check`, balances the ledger after every event. */
function drive(experiment: Experiment, flags: RunFlags): string | null {
  const slice = flags.slices ?? Number.POSITIVE_INFINITY;
  for (let done = 1; experiment.step(); done++) {
    if (done % slice === 0) experiment.recorder.flush();
    if (!flags.check) continue;
    const [problem] = experiment.imbalances();
    if (problem !== undefined) return `after event ${experiment.steps}: ${problem}`;
  }
  return null;
}

function report(scenario: Scenario, experiment: Experiment, figures: RunFigures, cpuMs: number): Record<string, unknown> {
  const packets = experiment.devices.map((_, index) => experiment.deviceBalance(index));
  const total = (term: keyof (typeof packets)[number]): number => packets.reduce((sum, balance) => sum + balance[term], 0);
  return {
    digest: experiment.recorder.digestHex(),
    events: experiment.steps,
    simulated_ns: experiment.now,
    cpu_ms: Math.round(cpuMs * 10) / 10,
    packets: {
      offered: total('offered'),
      cloned: total('cloned'),
      segments: total('segments'),
      sent: total('sent'),
      dropped: total('dropped'),
      consumed: total('consumed'),
      queued: total('queued'),
      held: total('held'),
      in_flight: total('inFlight'),
      leaked: total('leaked'),
    },
    flows: figures.flows.map((flow) => ({
      name: scenario.flows[flow.flow]?.name ?? String(flow.flow),
      offered: flow.offered,
      sent: flow.sent,
      dropped: flow.dropped,
      marked: 0,
      goodput_bps: flow.goodput,
      delay_ns: flow.delay,
    })),
    qdiscs: experiment.instances.map(({ handle, program, qdisc }) => ({ handle, program: program.name, ...qdisc.statistics() })),
    jain: Math.round(figures.jain * 1e6) / 1e6,
  };
}

const ms = (time: number): string => `${(time / 1e6).toFixed(3)} ms`;

function printText(scenario: Scenario, experiment: Experiment, figures: RunFigures): void {
  print(`${scenario.title}: ${experiment.steps} events in ${ms(experiment.now)} of simulated time`);
  for (const flow of figures.flows) {
    const { name = '' } = scenario.flows[flow.flow] ?? {};
    const delay = `p50 ${ms(flow.delay.p50)}  p99 ${ms(flow.delay.p99)}`;
    print(
      `  ${name.padEnd(12)} offered ${flow.offered}  sent ${flow.sent}  dropped ${flow.dropped}  ${(flow.goodput / 1e6).toFixed(3)} Mbit/s  ${delay}`,
    );
  }
  print(`  Jain's index ${figures.jain.toFixed(4)}`);
  for (const line of showQdiscs(experiment)) print(line);
  scenario.devices.forEach((_, device) => {
    for (const line of showClasses(experiment, device)) print(line);
  });
  print(`digest ${experiment.recorder.digestHex()}`);
}

function writeCsv(folder: string, packets: PacketTable, scenario: Scenario): void {
  mkdirSync(folder, { recursive: true });
  const rows = ['packet,flow,bytes,arrival_ns,dequeued_ns,end_ns,fate'];
  const fates = ['queued', 'sent', 'dropped'];
  for (let id = 1; id <= packets.last; id++) {
    const flow = scenario.flows[packets.flows[id] ?? 0]?.name;
    rows.push(
      [
        id,
        flow,
        packets.lengths[id],
        packets.arrival[id],
        packets.dequeued[id],
        packets.end[id],
        fates[packets.fate[id] ?? 0],
      ].join(','),
    );
  }
  writeFileSync(join(folder, 'packets.csv'), `${rows.join('\n')}\n`);
}

function writeTrace(path: string, log: TraceLog): void {
  const lines: string[] = [];
  for (let index = 0; index < log.length; index++) {
    const record = log.at(index);
    if (record !== null) lines.push(JSON.stringify(record));
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

export function runCommand(program: Command, done: Action): void {
  program
    .command('run')
    .description('run a scenario')
    .argument('<scenario>', 'gallery name, .json file or link')
    .option('--program <program>', 'run this program instead of the scenario’s')
    .option('--profile <profile>', 'profile of a program that names none', profileName)
    .option('--until <time>', 'duration, such as 10s', durationText)
    .option('--seed <n>', 'seed', wholeNumber)
    .option('--set <knob=value...>', 'set knobs of the programs')
    .option('--slices <n>', 'hand out the log every n events (the result must not change)', wholeNumber)
    .option('--engine <engine>', 'interpreter or jit', engineName, 'jit')
    .option('--check', 'assert conservation after every event')
    .option('--csv <dir>', 'write packets.csv')
    .option('--trace <file>', 'write the event log as JSON lines')
    .option('--pcap <file>', 'not available yet')
    .option('--json', 'one JSON object')
    .action(async (name: string, flags: RunFlags) => {
      if (flags.pcap !== undefined) throw new UsageError('--pcap is not available yet');
      const loaded = loadScenario(name);
      const scenario = applyFlags(loaded.scenario, flags);
      const programs = await attachables(loaded, scenario, flags);
      if (programs === null) {
        done(STATUS.NO);
        return;
      }
      const log = new TraceLog();
      const packets = new PacketTable();
      const recorder = new Recorder((chunk) => {
        log.append(chunk);
        packets.extend(log);
      });
      const result = createExperiment(scenario, programs, recorder, flags.engine);
      if (!result.ok) throw new UsageError(result.problems.map(({ path, message }) => `${name}: ${path}: ${message}`).join('\n'));
      const { experiment } = result;
      const before = process.cpuUsage();
      const problem = drive(experiment, flags);
      recorder.flush();
      const used = process.cpuUsage(before);
      if (problem !== null) {
        warn(problem);
        done(STATUS.NO);
      }
      const figures = runFigures(log, packets, scenario.flows.length, experiment.now);
      if (flags.csv !== undefined) writeCsv(flags.csv, packets, scenario);
      if (flags.trace !== undefined) writeTrace(flags.trace, log);
      if (flags.json) printJson(report(scenario, experiment, figures, (used.user + used.system) / 1000));
      else printText(scenario, experiment, figures);
    });
}
