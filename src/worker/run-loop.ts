// Computes a run ahead in bounded slices, so that commands are heard in between; sends full chunks as they come and waits
// while the page is behind. Knows nothing of programs or of drawing.

import type { Simulation } from '../engine/index.ts';

/** Milliseconds a slice may take before the worker looks at its messages. */
const SLICE_MS = 8;
/** Steps between looks at the clock. */
const STEPS_PER_LOOK = 64;
/** Chunks that may be on their way unacknowledged. */
const CHUNKS_IN_FLIGHT = 64;

export type RunState = 'running' | 'done' | 'stopped' | 'failed';

export interface RunLoopReport {
  readonly state: RunState;
  readonly message: string | null;
}

export class RunLoop {
  private readonly simulation: Simulation;
  private readonly report: (report: RunLoopReport) => void;
  private readonly wake = new MessageChannel();
  private unacknowledged = 0;
  private stopped = false;
  private waiting = false;

  constructor(simulation: Simulation, report: (report: RunLoopReport) => void) {
    this.simulation = simulation;
    this.report = report;
    this.wake.port1.onmessage = () => this.slice();
  }

  start(): void {
    this.next();
  }

  /** No slice begins after this. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.wake.port1.close();
    this.report({ state: 'stopped', message: null });
  }

  chunkSent(): void {
    this.unacknowledged++;
  }

  chunkAcknowledged(): void {
    this.unacknowledged--;
    if (this.waiting && this.unacknowledged < CHUNKS_IN_FLIGHT / 2) this.next();
  }

  private next(): void {
    this.waiting = false;
    this.wake.port2.postMessage(null);
  }

  private slice(): void {
    if (this.stopped) return;
    const until = performance.now() + SLICE_MS;
    try {
      do {
        if (this.simulation.advance(STEPS_PER_LOOK) < STEPS_PER_LOOK) {
          this.stopped = true;
          this.report({ state: 'done', message: null });
          return;
        }
      } while (performance.now() < until);
    } catch (error) {
      this.stopped = true;
      this.report({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.report({ state: 'running', message: null });
    if (this.unacknowledged >= CHUNKS_IN_FLIGHT) this.waiting = true;
    else this.next();
  }
}
