// The page's keys. Letters act only outside of text fields; WASD by their place on the keyboard, so they work on any
// layout. Knows what the keys do, not how.

import { EVENT } from '../../engine/trace/event.ts';
import { SPEED_STEPS, sliderToSpeed, speedToSlider } from '../drawings/scales.ts';
import { buildNow } from '../store/engine-bridge.ts';
import { saveDocument } from '../store/open-document.ts';
import { stepMove, stepToBreakpoint } from '../store/stepping.ts';
import { clock, useStore } from '../store/store.ts';
import { timelineKeys } from './timeline-keys.ts';

/** Keys and what they do, as the overlay lists them. */
export const KEY_LIST: readonly (readonly [string, string])[] = [
  ['Ctrl+Enter', 'compile, verify and run'],
  ['Ctrl+S', 'save the draft and open Share'],
  ['Space', 'play or pause'],
  ['← →', 'one event back or forward'],
  ['Shift+← Shift+→', 'previous or next packet of the same flow'],
  ['Home End', 'to the start, to the end'],
  ['[ ] \\', 'slower, faster, one second a second'],
  ['j k', 'play backwards, play forwards'],
  ['d Shift+D', 'next or previous drop'],
  ['W S', 'zoom the time line in or out'],
  ['A D', 'move along the time line (D with the time line in focus)'],
  [', .', 'previous or next event'],
  ['F', 'the whole run in the time line'],
  ['1 2 3', 'layouts: learn, hack, present'],
  ['F8 Shift+F8', 'next or previous problem'],
  ['F10 Shift+F10', 'debugger: one C line on or back, over calls'],
  ['F11 Shift+F11', 'debugger: into a call, out of the function'],
  ['F5 Shift+F5', 'debugger: next or previous breakpoint, once one is set'],
  ['F9', 'breakpoint at the line of the editor’s cursor'],
  ['Ctrl+Space F12 Shift+F12', 'editor: completions, definition, all uses'],
  ['F2 Ctrl+Shift+O', 'editor: rename, outline'],
  ['Esc, then Tab', 'leave the editor'],
  ['?', 'this list'],
];

const SPEED_NUDGE = SPEED_STEPS / 40;

/** Selects the nearest packet of the same flow that arrived before or after, and goes to its arrival. */
function walkFlow(direction: 1 | -1): void {
  const { run, packet } = useStore.getState();
  if (run === null) return;
  const flow = run.packets.flows[packet] ?? 0;
  for (let next = packet + direction; next >= 1 && next <= run.packets.last; next += direction) {
    if (packet !== 0 && run.packets.flows[next] !== flow) continue;
    useStore.setState({ packet: next, sideTab: 'inspector' });
    clock.pause();
    clock.seekRecord(run.packets.arrivalRecord[next] ?? 0);
    return;
  }
}

/** Goes to the next or previous finding of the editor's program. */
function walkProblems(direction: 1 | -1): void {
  const { diagnostics, program, reveal } = useStore.getState();
  const lines = [...new Set(diagnostics.filter((item) => item.line > 0).map((item) => item.line))].sort((a, b) => a - b);
  if (lines.length === 0) return;
  const at = reveal?.line ?? 0;
  const next =
    direction > 0 ? (lines.find((line) => line > at) ?? lines[0]) : (lines.findLast((line) => line < at) ?? lines.at(-1));
  useStore.setState({ reveal: { program, line: next ?? 1, request: (reveal?.request ?? 0) + 1 } });
}

function inTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input:not([type=range]), textarea, select, .monaco-editor, dialog') !== null;
}

/** Keys by the place on the keyboard, for people who think of Perfetto. */
const BY_CODE: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
  KeyW: () => timelineKeys.current?.zoom(0.7),
  KeyS: () => timelineKeys.current?.zoom(1 / 0.7),
  KeyA: () => timelineKeys.current?.pan(-0.15),
  KeyD: (event) => {
    const onTimeline = event.target instanceof HTMLElement && event.target.closest('.timeline') !== null;
    if (onTimeline && !event.shiftKey) timelineKeys.current?.pan(0.15);
    else clock.seekKind(event.shiftKey ? -1 : 1, [EVENT.DROP]);
  },
  KeyF: () => timelineKeys.current?.fit(),
};

const nudge = (by: number): void => clock.setSpeed(sliderToSpeed(speedToSlider(clock.speed) + by));

const BY_KEY: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
  ' ': () => clock.toggle(),
  ArrowLeft: (event) => (event.shiftKey ? walkFlow(-1) : clock.stepBy(-1)),
  ArrowRight: (event) => (event.shiftKey ? walkFlow(1) : clock.stepBy(1)),
  Home: () => clock.seekStep(-1),
  End: () => clock.seekTime(useStore.getState().run?.knownNs ?? 0),
  '[': () => nudge(-SPEED_NUDGE),
  ']': () => nudge(SPEED_NUDGE),
  '\\': () => clock.setSpeed(1e9),
  j: () => clock.play(-1),
  k: () => clock.play(1),
  ',': () => clock.stepBy(-1),
  '.': () => clock.stepBy(1),
  '1': () => useStore.setState({ layout: 'learn' }),
  '2': () => useStore.setState({ layout: 'hack' }),
  '3': () => useStore.setState({ layout: 'present' }),
  '?': () => useStore.setState({ dialog: 'keys' }),
};

/** Things of the page that use Space, Enter or arrows themselves. */
function ownsKey(event: KeyboardEvent): boolean {
  if (!(event.target instanceof HTMLElement)) return false;
  const element = event.target.closest('button, a, [role=tab], [role=separator], input[type=range]');
  if (element === null) return false;
  if (event.key === ' ') return true;
  return element.matches('[role=separator], input[type=range], [role=tab]') && /^(Arrow|Home|End)/.test(event.key);
}

/** Keys of the debugger; F5 is the browser's own until there is a breakpoint. True when the key was one of them. */
function debuggerKey(event: KeyboardEvent): boolean {
  const { stepping, breakpoints } = useStore.getState();
  const back = event.shiftKey;
  if (event.key === 'F10') void stepMove('over', back ? -1 : 1);
  else if (event.key === 'F11' && stepping !== null) void stepMove(back ? 'out' : 'line', 1);
  else if (event.key === 'F5' && Object.values(breakpoints).some((lines) => lines.length > 0))
    void stepToBreakpoint(back ? -1 : 1);
  else return false;
  event.preventDefault();
  return true;
}

function onKey(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && debuggerKey(event)) return;
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
    event.preventDefault();
    void buildNow(true);
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's' && !event.shiftKey) {
    event.preventDefault();
    saveDocument();
    useStore.setState({ dialog: 'share' });
    return;
  }
  if (event.key === 'F8') {
    event.preventDefault();
    walkProblems(event.shiftKey ? -1 : 1);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || inTextField(event.target) || event.defaultPrevented || ownsKey(event))
    return;
  const action = BY_CODE[event.code] ?? BY_KEY[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action(event);
}

/** Listens for the page's keys; the returned function stops it. */
export function listenForKeys(): () => void {
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
