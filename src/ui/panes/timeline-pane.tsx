// The time line: one picture of the whole run with one cursor over it. Drag moves the cursor, wheel and W A S D zoom and
// pan, comma and dot walk the steps. Drawing is the drawings'; time is the clock's.

import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
  useState,
  type WheelEvent,
} from 'react';
import { drawTimeline, type SelectedStay } from '../drawings/timeline-canvas.ts';
import { panned, placeTimeline, recordAt, timeToX, type Viewport, xToTime, zoomed } from '../drawings/timeline-layout.ts';
import { momentText } from '../store/biography.ts';
import type { RunData } from '../store/run-data.ts';
import { themeOf } from '../store/selectors.ts';
import { clock, useStore } from '../store/store.ts';
import { timelineKeys } from './timeline-keys.ts';

/** The cursor line and its time, moved without React. */
function useCursorLine(
  line: React.RefObject<HTMLDivElement | null>,
  xOf: (t: number) => number,
  left: number,
  right: number,
): void {
  const place = useRef(() => {});
  place.current = () => {
    const element = line.current;
    if (element === null) return;
    const x = xOf(clock.cursor().t);
    element.style.transform = `translateX(${x}px)`;
    element.style.visibility = x < left - 1 || x > right + 1 ? 'hidden' : 'visible';
  };
  useEffect(() => clock.subscribe(() => place.current()), []);
  useEffect(() => place.current());
}

/** The viewport follows the cursor when playback leaves it. */
function following(view: Viewport, t: number, duration: number): Viewport {
  if (t >= view.from && t <= view.to) return view;
  const share = (t - view.from) / (view.to - view.from) - 0.15;
  return panned(view, share, duration);
}

/** From when to when a packet was in the queue, as far as the log knows. */
function stayOf(run: RunData, packet: number): SelectedStay | null {
  const { packets } = run;
  if (packet <= 0 || packet > packets.last) return null;
  const left = packets.dequeued[packet] ?? -1;
  const end = left >= 0 ? left : (packets.end[packet] ?? -1);
  return { flow: packets.flows[packet] ?? 0, from: packets.arrival[packet] ?? 0, to: end >= 0 ? end : run.knownNs };
}

/** Seconds of watching that the time line shows at first. */
const OPENING_SECONDS = 45;

/** A new run opens on the stretch around the cursor where single packets can be told apart. */
function openingView(run: RunData | null, duration: number): Viewport {
  const span = Math.min(duration, clock.speed * OPENING_SECONDS);
  if (run === null) return { from: 0, to: duration };
  const from = Math.max(0, Math.min(clock.t - span / 4, duration - span));
  return { from, to: from + span };
}

export function TimelinePane(): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 600, height: 180 });
  const [view, setView] = useState<Viewport | null>(null);
  const run = useStore((state) => state.run);
  const version = useStore((state) => state.runVersion);
  const dark = useStore((state) => state.dark);
  const readout = useStore((state) => state.readout);
  const packet = useStore((state) => state.packet);
  const duration = Math.max(1, run?.durationNs ?? 1);
  const whole = useMemo<Viewport>(() => ({ from: 0, to: duration }), [duration]);
  const opening = useMemo(() => openingView(run, duration), [run, duration]);
  const shown = following(view ?? opening, readout.t, duration);
  const flows = useMemo(() => run?.info?.flows.map((flow) => flow.name) ?? [], [run]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  const places = useMemo(() => placeTimeline(flows, run?.index ?? null, size.width, size.height), [flows, run, version, size]);

  // A new run of another length is shown whole.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the length matters
  useEffect(() => setView(null), [duration]);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  useEffect(() => {
    const element = canvas.current;
    const surface = element?.getContext('2d') ?? null;
    if (element === null || surface === null) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const w = Math.round(size.width * ratio);
    const h = Math.round(size.height * ratio);
    if (element.width !== w) element.width = w;
    if (element.height !== h) element.height = h;
    surface.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (run === null) surface.clearRect(0, 0, size.width, size.height);
    else drawTimeline(surface, run.index, places, shown, themeOf({ dark }), run.knownNs, stayOf(run, packet));
  }, [run, version, size, shown.from, shown.to, dark, places, packet]);
  useCursorLine(line, (t) => timeToX(places, shown, t), places.left, places.right);

  const timeAt = (event: { clientX: number }): number => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    return xToTime(places, shown, event.clientX - left);
  };
  const scrub = (event: PointerEvent): void => {
    if (event.buttons !== 1 || run === null) return;
    clock.pause();
    clock.seekTime(timeAt(event));
  };
  const press = (event: PointerEvent): void => {
    box.current?.setPointerCapture(event.pointerId);
    const bounds = box.current?.getBoundingClientRect();
    const at =
      run === null || bounds === undefined
        ? -1
        : recordAt(run.index, places, shown, event.clientX - bounds.left, event.clientY - bounds.top);
    const hit = at < 0 ? 0 : (run?.log.at(at)?.packet ?? 0);
    if (hit === 0) scrub(event);
    else {
      clock.pause();
      clock.seekRecord(at);
      useStore.setState({ packet: hit, sideTab: 'inspector' });
    }
  };
  const wheel = (event: WheelEvent): void => {
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      setView(panned(shown, (event.deltaX || event.deltaY) / 600, duration));
    } else setView(zoomed(shown, timeAt(event), Math.exp(event.deltaY / 300), duration));
  };
  timelineKeys.current = {
    zoom: (factor) => setView(zoomed(shown, clock.cursor().t, factor, duration)),
    pan: (share) => setView(panned(shown, share, duration)),
    fit: () => setView(whole),
  };
  const key = (event: KeyboardEvent): void => {
    const tenth = (shown.to - shown.from) / 10;
    const moves = new Map<string, () => void>([
      ['ArrowLeft', () => clock.stepBy(-1)],
      ['ArrowRight', () => clock.stepBy(1)],
      ['Home', () => clock.seekStep(-1)],
      ['End', () => clock.seekTime(duration)],
      ['PageUp', () => clock.seekTime(clock.t - tenth)],
      ['PageDown', () => clock.seekTime(clock.t + tenth)],
    ]);
    const action = moves.get(event.key);
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return (
    <section className="pane timeline" aria-label="Time line">
      <div
        ref={box}
        className="timeline-box"
        data-testid="timeline"
        role="slider"
        tabIndex={0}
        aria-label="Simulated time"
        aria-valuemin={0}
        aria-valuemax={Math.round(duration)}
        aria-valuenow={Math.round(readout.t)}
        aria-valuetext={`${momentText(readout.t)} of ${momentText(duration)}`}
        onPointerDown={press}
        onPointerMove={scrub}
        onWheel={wheel}
        onDoubleClick={() => setView(whole)}
        onKeyDown={key}
      >
        <canvas ref={canvas} className="layer" />
        <div ref={line} className="cursor-line" aria-hidden="true" hidden={run === null}>
          <span className="cursor-head" />
        </div>
      </div>
      {places.hiddenFlows > 0 ? (
        <p className="note">{places.hiddenFlows} more flows have no room here: make the pane higher.</p>
      ) : null}
    </section>
  );
}
