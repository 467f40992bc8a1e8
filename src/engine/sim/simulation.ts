// A simulation: an experiment with checkpoints, so that any step can be restored exactly and fast. Knows nothing of workers or pages.

import type { QdiscProgram } from '../tc/bpf-qdisc.ts';
import type { Machine } from '../vm/machine.ts';
import {
  comparePlaces,
  ExecutionCollector,
  type ExecutionFilter,
  type ExecutionPlace,
  type ExecutionSearch,
  type MachineMoment,
  PlaceCounter,
  type ProgramExecution,
} from './execution.ts';
import type { Experiment } from './experiment.ts';
import { digestMemory, restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot.ts';

/** Steps between checkpoints at first; doubled whenever the budget is used up. */
const FIRST_INTERVAL = 512;
/** Bytes all checkpoints of a run may take (architecture section 7). */
const CHECKPOINT_BUDGET_BYTES = 64 * 1024 * 1024;

/** Steps run again at a time when searching backwards. */
const BACK_WINDOW = 256;

type StepFollower = (qdisc: number, program: QdiscProgram, run: number, machine: Machine, slot: number) => void;

interface Checkpoint {
  readonly step: number;
  readonly snapshot: Snapshot;
}

export class Simulation {
  readonly experiment: Experiment;
  private checkpoints: Checkpoint[];
  private interval = FIRST_INTERVAL;
  /** Steps computed in the forward direction: the frontier. */
  private reached: number;
  /** Bytes the checkpoints hold; pages shared with a predecessor count once. */
  private held: number;

  constructor(experiment: Experiment) {
    this.experiment = experiment;
    const snapshot = takeSnapshot(experiment.memory, null);
    this.checkpoints = [{ step: experiment.steps, snapshot }];
    this.held = snapshot.ownBytes;
    this.reached = experiment.steps;
  }

  /** Steps computed so far; seeking does not change it. */
  get frontier(): number {
    return this.reached;
  }

  /** Runs up to `limit` steps on from the frontier, laying checkpoints. Returns the steps done; fewer means the run has ended. */
  advance(limit: number): number {
    const { experiment } = this;
    if (experiment.steps !== this.reached) this.seek(this.reached);
    let done = 0;
    while (done < limit && experiment.step()) {
      done++;
      this.reached = experiment.steps;
      if (this.reached % this.interval === 0) this.lay();
    }
    return done;
  }

  private lay(): void {
    const last = this.checkpoints[this.checkpoints.length - 1];
    const snapshot = takeSnapshot(this.experiment.memory, last?.snapshot ?? null);
    this.checkpoints.push({ step: this.reached, snapshot });
    this.held += snapshot.ownBytes;
    if (this.held <= CHECKPOINT_BUDGET_BYTES) return;
    this.interval *= 2;
    this.checkpoints = this.checkpoints.filter((checkpoint) => checkpoint.step % this.interval === 0);
    this.held = this.bytes();
  }

  /** Bytes of pages that all checkpoints hold together; a shared page counts once. */
  bytes(): number {
    const pages = new Set<Int32Array>();
    for (const { snapshot } of this.checkpoints) for (const page of snapshot.pages) if (page !== null) pages.add(page);
    let total = 0;
    for (const page of pages) total += page.byteLength;
    return total;
  }

  get checkpointCount(): number {
    return this.checkpoints.length;
  }

  /** Puts the experiment in the state after `step` steps (clamped to the frontier): nearest checkpoint, then running on, unrecorded. */
  seek(step: number): void {
    const { experiment } = this;
    const target = Math.max(0, Math.min(step, this.reached));
    let low = 0;
    let high = this.checkpoints.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.checkpoints[middle]?.step ?? 0) <= target) low = middle;
      else high = middle - 1;
    }
    const from = this.checkpoints[low];
    const ahead = experiment.steps <= target && experiment.steps >= (from?.step ?? 0);
    if (!ahead && from !== undefined) restoreSnapshot(experiment.memory, from.snapshot);
    const { recorder } = experiment;
    const before = recorder.enabled;
    recorder.enabled = false;
    while (experiment.steps < target && experiment.step());
    recorder.enabled = before;
    recorder.dropOpenStep();
  }

  /** Runs `look` in the state after `step` steps, then returns to the frontier. */
  at<T>(step: number, look: (experiment: Experiment) => T): T {
    this.seek(step);
    const result = look(this.experiment);
    this.seek(this.reached);
    return result;
  }

  /** Runs steps `from` to `to` (1 is the first) unrecorded, telling `see` of every instruction; ends early once `until` is true. */
  private followed(from: number, to: number, see: StepFollower, until: () => boolean = () => false): void {
    const { instances, recorder } = this.experiment;
    this.seek(from - 1);
    for (const { qdisc } of instances) {
      qdisc.follow((program, run, machine, slot) => see(qdisc.index, program, run, machine, slot));
    }
    recorder.enabled = false;
    for (let step = from; step <= to && !until() && this.experiment.step(); step++);
    recorder.enabled = true;
    recorder.dropOpenStep();
    for (const { qdisc } of instances) qdisc.follow(null);
    this.seek(this.reached);
  }

  private hasRun(step: number): boolean {
    return step >= 1 && step <= this.reached;
  }

  /** The runs of programs in step number `step` (1 is the first), in order, instruction by instruction; none for steps not run. */
  executionsIn(step: number): readonly ProgramExecution[] {
    if (!this.hasRun(step)) return [];
    const collector = new ExecutionCollector();
    this.followed(step, step, (qdisc, program, run, machine, slot) => collector.see(qdisc, program, run, machine, slot));
    return collector.executions();
  }

  /**
   * The machine as it is before instruction `place.at` of run `place.run` of a step: `look` sees it, and the experiment as it
   * is then. Null when there is no such instruction.
   */
  machineAt<T>(
    place: ExecutionPlace,
    look: (machine: MachineMoment, experiment: Experiment, qdisc: number, program: QdiscProgram) => T,
  ): T | null {
    if (!this.hasRun(place.step)) return null;
    const counter = new PlaceCounter();
    let result: { readonly value: T } | null = null;
    this.followed(place.step, place.step, (qdisc, program, run, machine, slot) => {
      const { run: at, at: insn } = counter.next(run, machine, slot);
      if (at === place.run && insn === place.at)
        result = { value: look(counter.moment(machine, slot), this.experiment, qdisc, program) };
    });
    return result === null ? null : (result as { readonly value: T }).value;
  }

  /**
   * The nearest instruction after (or before) `from` that `wanted` accepts. Searches `stepLimit` steps at most, and then says
   * where to go on: a caller that asks again stays able to stop.
   */
  findExecution(from: ExecutionPlace, direction: 1 | -1, wanted: ExecutionFilter, stepLimit: number): ExecutionSearch {
    return direction === 1 ? this.findAfter(from, wanted, stepLimit) : this.findBefore(from, wanted, stepLimit);
  }

  private findAfter(from: ExecutionPlace, wanted: ExecutionFilter, stepLimit: number): ExecutionSearch {
    const first = Math.max(1, from.step);
    const last = Math.min(this.reached, first + stepLimit - 1);
    if (first > last) return { kind: 'end' };
    let found: ExecutionPlace | null = null;
    const counter = new PlaceCounter();
    const see: StepFollower = (qdisc, program, run, machine, slot) => {
      const { steps } = this.experiment;
      const place = counter.placeIn(steps, run, machine);
      if (found === null && comparePlaces(place, from) > 0 && wanted(qdisc, program, slot)) found = place;
    };
    this.followed(first, last, see, () => found !== null);
    if (found !== null) return { kind: 'found', place: found };
    return last === this.reached ? { kind: 'end' } : { kind: 'searched', to: last + 1 };
  }

  private findBefore(from: ExecutionPlace, wanted: ExecutionFilter, stepLimit: number): ExecutionSearch {
    const last = Math.min(this.reached, from.step);
    const lowest = Math.max(1, last - stepLimit + 1);
    for (let high = last; high >= lowest; high -= BACK_WINDOW) {
      const low = Math.max(lowest, high - BACK_WINDOW + 1);
      let found: ExecutionPlace | null = null;
      const counter = new PlaceCounter();
      this.followed(low, high, (qdisc, program, run, machine, slot) => {
        const place = counter.placeIn(this.experiment.steps, run, machine);
        if (comparePlaces(place, from) < 0 && wanted(qdisc, program, slot)) found = place;
      });
      if (found !== null) return { kind: 'found', place: found };
    }
    return lowest <= 1 ? { kind: 'end' } : { kind: 'searched', to: lowest - 1 };
  }

  /** Digest of the whole present state: all pages, so the event queue, random streams and counters as well. */
  stateDigest(): string {
    return digestMemory(this.experiment.memory, this.experiment.stack);
  }
}
