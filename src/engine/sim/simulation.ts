// A simulation: an experiment with checkpoints, so that any step can be restored exactly and fast. Knows nothing of workers or pages.

import type { Experiment } from './experiment.ts';
import { digestMemory, restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot.ts';

/** Steps between checkpoints at first; doubled whenever the budget is used up. */
const FIRST_INTERVAL = 512;
/** Bytes all checkpoints of a run may take (architecture section 7). */
const CHECKPOINT_BUDGET_BYTES = 64 * 1024 * 1024;

/** One executed instruction of a followed step. */
export interface ExecutedInsn {
  readonly qdisc: number;
  readonly which: number;
  readonly slot: number;
}

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

  /** Instructions that the programs execute in step number `step` (1 is the first), in order: qdisc, program (0 enqueue, 1 dequeue), slot. */
  executedIn(step: number): readonly ExecutedInsn[] {
    const executed: ExecutedInsn[] = [];
    if (step < 1 || step > this.reached) return executed;
    this.seek(step - 1);
    const { instances, recorder } = this.experiment;
    for (const { qdisc } of instances) qdisc.follow((which, slot) => executed.push({ qdisc: qdisc.index, which, slot }));
    recorder.enabled = false;
    this.experiment.step();
    recorder.enabled = true;
    recorder.dropOpenStep();
    for (const { qdisc } of instances) qdisc.follow(null);
    this.seek(this.reached);
    return executed;
  }

  /** Digest of the whole present state: all pages, so the event queue, random streams and counters as well. */
  stateDigest(): string {
    return digestMemory(this.experiment.memory);
  }
}
