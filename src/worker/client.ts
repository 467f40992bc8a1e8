// The page's side of the worker: spawns it, keeps a spare, hands out a typed proxy, replaces it when it does not answer.
// Knows nothing of the store or of what the answers mean. A worker that is replaced takes its run with it; the page's text
// never lives there.

import { type Remote, transfer, wrap } from 'comlink';
import type { LanguageAnswer, LanguageDocument, LanguageQuestion } from '../engine/index.ts';
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
  RunRequest,
  StartResult,
} from './api.ts';

/**
 * A worker that owes an answer and says nothing for this long (ms) is replaced. Longer than the longest honest silence: verifying a large
 * program (the gallery's fq_codel, or one at the limit of a million instructions) is one piece of work of several seconds.
 */
export const SILENCE_LIMIT = 10_000;
/** Loading and starting the first time may take longer on a slow machine. */
const FIRST_ANSWER_LIMIT = 20_000;
/** Stop must take effect within this (ms); a worker that has not answered then is ended. */
const STOP_LIMIT = 80;
/** Workers in a row that may fail before their first answer. */
const MOST_FAILURES = 2;

/** Why a promise of the client was rejected: the worker it was asked of is gone. */
export class EngineLost extends Error {
  override readonly name = 'EngineLost';
}

interface Seat {
  readonly worker: Worker;
  readonly api: Remote<EngineApi>;
  readonly port: MessagePort;
  /** True after the first answer. */
  ready: boolean;
  /** Questions about language that this worker owes an answer. */
  readonly lost: Set<(fault: EngineLost) => void>;
}

export interface EngineClientEvents {
  readonly onMessage: (message: EngineMessage) => void;
  /** The worker was replaced; any run is gone. */
  readonly onReplaced: (reason: string) => void;
}

function seat(): Seat {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' });
  const { port1, port2 } = new MessageChannel();
  const api = wrap<EngineApi>(worker);
  const made: Seat = { worker, api, port: port1, ready: false, lost: new Set() };
  void api.connect(transfer(port2, [port2])).then(() => {
    made.ready = true;
  });
  return made;
}

function loseQuestions(seat: Seat): void {
  const fault = new EngineLost('the worker is gone');
  for (const reject of seat.lost) reject(fault);
  seat.lost.clear();
}

export class EngineClient {
  private current: Seat;
  private spare: Seat | null = null;
  private pending = new Set<(fault: EngineLost) => void>();
  private heard = 0;
  private timer: ReturnType<typeof setInterval> | null = null;
  private busyRun = false;
  /** Workers that failed one after the other before their first answer. */
  private failures = 0;
  private lastLook = 0;
  private spareFailures = 0;
  private readonly events: EngineClientEvents;

  constructor(events: EngineClientEvents) {
    this.events = events;
    this.current = seat();
    this.listen(this.current);
  }

  private listen(chosen: Seat): void {
    chosen.port.onmessage = (event: MessageEvent<EngineMessage>) => {
      if (chosen !== this.current) return;
      this.heard = performance.now();
      const message = event.data;
      if (message.type === 'status') this.busyRun = message.state === 'running';
      if (message.type === 'chunk') {
        const ack: PageMessage = { type: 'ack', runId: message.runId, base: message.base };
        chosen.port.postMessage(ack);
      }
      this.events.onMessage(message);
    };
    chosen.worker.onerror = (event) => {
      if (chosen !== this.current || event.defaultPrevented) return;
      // A worker that cannot even be loaded is not tried for ever.
      if (!chosen.ready && this.failures >= MOST_FAILURES) this.giveUp('the engine could not be loaded: reload the page');
      else this.replace(`the engine failed: ${event.message || 'it could not be loaded'}`);
    };
  }

  /** Keeps a second worker loaded, so that a replacement is ready at once. Called when the page is idle. */
  warmSpare(): void {
    this.spareSeat();
  }

  private spareSeat(): Seat {
    if (this.spare !== null) return this.spare;
    const made = seat();
    this.spare = made;
    made.worker.onerror = () => {
      this.spareFailures++;
      this.dropSpare(made);
    };
    return made;
  }

  /** Ends a spare that failed or does not answer; when it has become the current worker meanwhile, others watch it. */
  private dropSpare(dropped: Seat): void {
    if (this.spare === dropped) {
      this.spare = null;
      dropped.worker.terminate();
      dropped.port.close();
    }
    loseQuestions(dropped);
  }

  private watch(): void {
    this.timer ??= setInterval(() => {
      if (this.pending.size === 0 && !this.busyRun) {
        if (this.timer !== null) clearInterval(this.timer);
        this.timer = null;
        return;
      }
      const now = performance.now();
      // The page itself was held up: messages that arrived meanwhile have not been delivered yet.
      if (now - this.lastLook > 700) this.heard = now;
      this.lastLook = now;
      const limit = this.current.ready ? SILENCE_LIMIT : FIRST_ANSWER_LIMIT;
      if (now - this.heard > limit) this.replace(`the engine said nothing for ${limit / 1000} seconds`);
    }, 250);
  }

  /** Ends the worker and puts the spare (or a new one) in its place. */
  replace(reason: string): void {
    const old = this.current;
    old.worker.onerror = null;
    old.worker.terminate();
    old.port.close();
    loseQuestions(old);
    if (!old.ready) this.failures++;
    this.current = this.spare ?? seat();
    this.spare = null;
    this.busyRun = false;
    this.heard = performance.now();
    this.listen(this.current);
    this.lose(reason);
  }

  private giveUp(reason: string): void {
    this.current.worker.terminate();
    loseQuestions(this.current);
    this.lose(reason);
  }

  /** Everything that was asked for and is not answered is lost with the worker. */
  private lose(reason: string): void {
    const waiting = [...this.pending];
    this.pending.clear();
    for (const reject of waiting) reject(new EngineLost(reason));
    this.events.onReplaced(reason);
  }

  private ask<T>(call: (api: Remote<EngineApi>) => Promise<T>): Promise<T> {
    const asked = this.current;
    if (this.pending.size === 0) this.heard = performance.now();
    this.watch();
    return new Promise<T>((resolve, reject) => {
      const lost = (fault: EngineLost): void => reject(fault);
      this.pending.add(lost);
      const settle = (): boolean => {
        asked.ready = true;
        this.failures = 0;
        this.heard = performance.now();
        return this.pending.delete(lost);
      };
      call(asked.api).then(
        (value) => {
          if (settle()) resolve(value);
        },
        (fault: unknown) => {
          if (settle()) reject(fault);
        },
      );
    });
  }

  build(request: BuildRequest): Promise<BuildReport> {
    return this.ask((api) => api.build(request));
  }

  /**
   * Asks the language services: of the spare worker, which has nothing else to do, so that an answer never waits for a build. Rejects
   * when that worker is lost.
   */
  language(about: LanguageDocument, question: LanguageQuestion): Promise<LanguageAnswer> {
    if (this.spareFailures > MOST_FAILURES) return Promise.reject(new EngineLost('the language services could not be loaded'));
    const asked = this.spareSeat();
    return new Promise((resolve, reject) => {
      asked.lost.add(reject);
      const timer = setTimeout(() => this.dropSpare(asked), SILENCE_LIMIT);
      const settle = (): boolean => {
        clearTimeout(timer);
        return asked.lost.delete(reject);
      };
      asked.api.language(about, question).then(
        (answer) => settle() && resolve(answer),
        (fault: unknown) => settle() && reject(fault),
      );
    });
  }

  checkScenario(text: string): ReturnType<EngineApi['checkScenario']> {
    return this.ask((api) => api.checkScenario(text));
  }

  start(request: RunRequest): Promise<StartResult> {
    return this.ask(async (api) => {
      const result = await api.start(request);
      if (result.ok) {
        this.busyRun = true;
        this.heard = performance.now();
      }
      return result;
    });
  }

  inspect(runId: number, step: number, packet: number): Promise<MomentReport | null> {
    return this.ask((api) => api.inspect(runId, step, packet));
  }

  executed(runId: number, step: number): Promise<readonly ExecutedRun[] | null> {
    return this.ask((api) => api.executed(runId, step));
  }

  machineAt(runId: number, place: ExecutionPlace, watches: readonly string[]): Promise<MachineReport | null> {
    return this.ask((api) => api.machineAt(runId, place, watches));
  }

  findBreakpoint(
    runId: number,
    from: ExecutionPlace,
    direction: 1 | -1,
    breakpoints: readonly BreakpointSlots[],
  ): Promise<BreakpointSearch | null> {
    return this.ask<BreakpointSearch | null>(async (api) => await api.findBreakpoint(runId, from, direction, breakpoints));
  }

  /** Ends the run: asks first, and ends the worker when that is not answered in time. */
  async stop(): Promise<void> {
    const asked = this.current;
    let answered = false;
    const done = asked.api.stop().then(() => {
      answered = true;
    });
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT))]);
    if (!answered && asked === this.current) this.replace('stopped');
    this.busyRun = false;
  }
}
