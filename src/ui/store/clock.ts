// The one cursor of the page and the time it is at: playing, stepping, scrubbing, all over the log. Kept outside React and
// of the store, which hear of it at most ten times a second; canvases subscribe. Knows no drawing.

import { type CaptionNames, clipAt, type FilmScript, LONGEST_STEP_FILM, scriptOf } from '../drawings/film-script.ts';
import type { FrameMaker } from '../drawings/scene-frame.ts';
import type { Cursor } from '../drawings/scene-moment.ts';

/** Slower than this (wall ms for a clip on average) a film is shown, faster it is skipped. */
const SHORTEST_CLIP = 24;
/** A film window shorter than this (wall ms) is not worth beginning. */
const SHORTEST_FILM = 80;
/** Steps with more records than this are not cut into clips. */
const LONGEST_SCRIPT = 600;

export interface ClockRun {
  readonly maker: FrameMaker;
  readonly names: CaptionNames;
  /** Where simulated time ends, ns. */
  readonly durationNs: number;
}

const NO_HALO: readonly number[] = [];

interface StepFilm {
  readonly script: FilmScript;
  /** 0 to 1. */
  phase: number;
  readonly direction: 1 | -1;
  /** Wall ms of the whole film. */
  readonly length: number;
  running: boolean;
}

export class Clock {
  /** Simulated ns. */
  t = 0;
  /** Records applied when no film is in motion. */
  position = 0;
  playing = false;
  direction: 1 | -1 = 1;
  /** Simulated ns a second of watching. */
  speed = 2e6;
  /** No tweens: steps show their end at once. */
  reducedMotion = false;
  /** True while playback is too fast to show each event. */
  skipping = false;
  private run: ClockRun | null = null;
  private film: StepFilm | null = null;
  private playFilm: { readonly script: FilmScript; readonly phase: number } | null = null;
  private readonly scripts = new Map<number, FilmScript>();
  private readonly listeners = new Set<() => void>();
  private frame = 0;
  private said = '';
  private halo: readonly number[] = NO_HALO;
  private last = 0;
  /** True when the log is complete. */
  complete = false;
  /** Called when playback reaches the end. */
  onEnd: () => void = () => {};

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes up a new run (null: none); the cursor goes to the beginning. */
  attach(run: ClockRun | null): void {
    this.run = run;
    this.film = null;
    this.playFilm = null;
    this.scripts.clear();
    this.t = 0;
    this.position = 0;
    this.playing = false;
    this.complete = false;
    this.changed();
  }

  get maker(): FrameMaker | null {
    return this.run?.maker ?? null;
  }

  get durationNs(): number {
    return this.run?.durationNs ?? 0;
  }

  /** The moment to draw. */
  cursor(): Cursor {
    const film = this.film ?? this.playFilm;
    const at = film === null ? null : clipAt(film.script, film.phase);
    if (film === null || at === null || film.phase >= 1)
      return { position: this.position, t: this.t, clip: null, fraction: 0, halo: this.halo };
    return { position: at.clip.from, t: this.t, clip: at.clip, fraction: at.fraction, halo: NO_HALO };
  }

  /** What is said about the clip in motion, or about the last one that was. */
  caption(): string {
    const film = this.film ?? this.playFilm;
    const at = film === null ? null : clipAt(film.script, film.phase);
    if (at !== null) this.said = at.clip.caption;
    return this.said;
  }

  /** Index of the step the cursor is in (-1 before the first). */
  step(): number {
    const { position } = this.cursor();
    return this.run === null || position === 0 ? -1 : this.run.maker.log.stepOf(position - 1);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
    this.wake();
  }

  private wake(): void {
    const moving = this.playing || this.film?.running === true;
    if (!moving || this.frame !== 0 || typeof requestAnimationFrame !== 'function') return;
    this.last = 0;
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.frame = 0;
    // A tab that was hidden must not leap.
    const elapsed = this.last === 0 ? 16 : Math.min(100, now - this.last);
    if (this.film?.running === true) this.advanceFilm(this.film, elapsed);
    else if (this.playing) this.advanceTime(elapsed);
    for (const listener of this.listeners) listener();
    this.last = now;
    if (this.playing || this.film?.running === true) this.frame = requestAnimationFrame((next) => this.tick(next));
  }

  private advanceFilm(film: StepFilm, elapsed: number): void {
    film.phase += (film.direction * elapsed) / Math.max(1, film.length);
    if (film.direction > 0 ? film.phase < 1 : film.phase > 0) return;
    this.film = null;
    if (film.direction > 0) this.rest(film.script.to);
    else this.rest(film.script.from);
  }

  /** Stands still after `position` records, at the time of the last of them. */
  private rest(position: number): void {
    this.position = position;
    this.halo = NO_HALO;
    const log = this.run?.maker.log;
    this.t = log === undefined || position === 0 ? 0 : log.time(position - 1);
  }

  private advanceTime(elapsed: number): void {
    if (this.run === null) return;
    const { log } = this.run.maker;
    const known = this.complete ? this.run.durationNs : log.length === 0 ? 0 : log.time(log.length - 1);
    const next = this.t + this.direction * this.speed * (elapsed / 1000);
    this.t = Math.max(0, Math.min(next, known));
    this.place(elapsed);
    const ended = this.direction > 0 ? this.complete && this.t >= this.run.durationNs : this.t <= 0;
    if (!ended) return;
    this.playing = false;
    this.onEnd();
  }

  /** Finds position and film for the time `t`: the records of the last instant are a film until the next instant. */
  private place(elapsed: number): void {
    if (this.run === null) return;
    const { log } = this.run.maker;
    const to = log.countUpTo(this.t);
    const before = this.position;
    this.position = to;
    this.playFilm = null;
    this.skipping = Math.abs(to - before) > 24 && elapsed < 200;
    if (to === 0 || this.reducedMotion || this.skipping) return;
    const instant = log.time(to - 1);
    const from = log.countUpTo(instant - 1);
    if (to - from > LONGEST_SCRIPT) return;
    const gap = (to < log.length ? log.time(to) : this.run.durationNs) - instant;
    const gapMs = (gap / this.speed) * 1000;
    if (gapMs < SHORTEST_FILM) return;
    const script = this.script(from, to);
    const windowMs = Math.min(script.nominal, gapMs);
    if (script.clips.length === 0 || windowMs / script.clips.length < SHORTEST_CLIP) return;
    const phase = (((this.t - instant) / this.speed) * 1000) / windowMs;
    if (phase < 1) this.playFilm = { script, phase };
  }

  private script(from: number, to: number): FilmScript {
    const known = this.scripts.get(from);
    if (known !== undefined && known.to === to) return known;
    if (this.run === null) return { from, to, clips: [], nominal: 0 };
    const script = scriptOf(this.run.maker, from, to, this.run.names);
    if (this.scripts.size > 64) this.scripts.clear();
    this.scripts.set(from, script);
    return script;
  }

  play(direction: 1 | -1 = 1): void {
    if (this.run === null) return;
    if (this.film !== null) this.settle();
    this.direction = direction;
    if (direction > 0 && this.t >= this.run.durationNs) this.seekTime(0);
    this.playing = true;
    this.changed();
  }

  /** Stops where it is, in the middle of a motion if need be. */
  pause(): void {
    this.playing = false;
    this.skipping = false;
    if (this.film === null && this.playFilm !== null) {
      const { script, phase } = this.playFilm;
      this.film = { script, phase, direction: 1, length: Math.min(LONGEST_STEP_FILM, script.nominal), running: false };
      this.playFilm = null;
    }
    this.changed();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Ends a film in motion in the state it leads to. */
  private settle(): void {
    const { film } = this;
    if (film === null) return;
    this.film = null;
    this.position = film.direction > 0 ? film.script.to : film.script.from;
  }

  /** One step forward or back, shown as a film; a film in motion is completed first. */
  stepBy(direction: 1 | -1): void {
    if (this.run === null) return;
    this.playing = false;
    this.skipping = false;
    this.playFilm = null;
    const { log } = this.run.maker;
    const frozen = this.film !== null && !this.film.running ? this.film : null;
    if (frozen !== null) {
      this.film = { ...frozen, direction, running: true };
      this.changed();
      return;
    }
    this.settle();
    const from = this.position;
    let to = from;
    if (direction > 0) {
      if (from >= log.length) return;
      to = log.stepStart(log.stepOf(from) + 1);
    } else {
      if (from === 0) return;
      to = log.stepStart(log.stepOf(from - 1));
    }
    const low = Math.min(from, to);
    const high = Math.max(from, to);
    const script = high - low > LONGEST_SCRIPT ? null : this.script(low, high);
    if (script === null || script.clips.length === 0 || this.reducedMotion) {
      this.rest(to);
      if (this.reducedMotion && script !== null) {
        this.halo = [...new Set(script.clips.filter((clip) => clip.slot >= 0).map((clip) => clip.packet))];
        this.said = script.clips.map((clip) => clip.caption).join('; ');
      }
    } else {
      const length = Math.min(LONGEST_STEP_FILM, script.nominal);
      this.t = log.time(low);
      this.film = { script, phase: direction > 0 ? 0 : 1, direction, length, running: true };
    }
    this.changed();
  }

  /** Everything up to `t` has happened. */
  seekTime(t: number): void {
    if (this.run === null) return;
    this.film = null;
    this.playFilm = null;
    this.halo = NO_HALO;
    this.said = '';
    this.t = Math.max(0, Math.min(t, this.run.durationNs));
    this.position = this.run.maker.log.countUpTo(this.t);
    this.changed();
  }

  /** Inside the instant of the cursor: after `position` records, when those are of the same time or it is the last before it. */
  seekInside(position: number): void {
    if (this.run === null || position < 0 || position > this.run.maker.log.length) return;
    const before = position === 0 ? 0 : this.run.maker.log.time(position - 1);
    const after = position < this.run.maker.log.length ? this.run.maker.log.time(position) : this.run.durationNs;
    if (before > this.t || after < this.t) return;
    this.position = position;
    this.changed();
  }

  /** Right after record `record`. */
  seekRecord(record: number): void {
    if (this.run === null) return;
    this.film = null;
    this.playFilm = null;
    this.halo = NO_HALO;
    this.said = '';
    this.rest(Math.max(0, Math.min(record + 1, this.run.maker.log.length)));
    this.changed();
  }

  /** Right after the last record of step `step`; -1 is the beginning. */
  seekStep(step: number): void {
    if (this.run === null) return;
    this.seekRecord(step < 0 ? -1 : this.run.maker.log.stepStart(step + 1) - 1);
  }

  setSpeed(speed: number): void {
    this.speed = Math.max(1, Math.min(1e9, speed));
    this.changed();
  }

  /** Seeks to the next (1) or previous (-1) record of one of `kinds`; false when there is none. */
  seekKind(direction: 1 | -1, kinds: readonly number[]): boolean {
    if (this.run === null) return false;
    const { position } = this.cursor();
    const record = this.run.maker.log.find(position - 1, direction, kinds);
    if (record < 0) return false;
    this.playing = false;
    this.seekRecord(record);
    return true;
  }
}
