// The moment as a link and back: what goes into the address, when the address follows, and how a link is opened or
// explained. The codec is fetched when it is first needed. No React.

import type { LinkView } from '../../link/codec.ts';
import { changedTexts } from './build-slice.ts';
import type { Opened } from './draft-slice.ts';
import { checkScenarioText } from './engine-bridge.ts';
import { presetScenario } from './gallery.ts';
import { openForeign, reopenOwn } from './open-document.ts';
import { clock, useStore } from './store.ts';
import { openTabs } from './view-slice.ts';

/** Lengths people meet: Discord's message, Slack's link, the length RFC 9110 recommends servers to take. */
export const LENGTH_MARKS = [
  { length: 2000, name: 'Discord' },
  { length: 4000, name: 'Slack' },
  { length: 8000, name: 'most servers' },
] as const;

const FOLLOW_DELAY = 1000;
const codec = () => import('../../link/codec.ts');

async function presetOf(id: string | null): Promise<Awaited<ReturnType<typeof presetScenario>>> {
  const preset = useStore.getState().gallery?.scenarios.find((item) => item.id === id);
  return preset === undefined ? null : await presetScenario(preset);
}

/** More text than this does not come back out of a link: readers stop unpacking at 256 KiB. */
const MOST_TEXT = 200_000;
/** Links longer than this are refused by readers. */
const LONGEST_FRAGMENT = 65_536;

/** The document with or without the moment, as a fragment from `#` on; null when nothing is open or it is too large for a link. */
export async function currentFragment(withMoment: boolean): Promise<string | null> {
  const { scenario, preset, packet, layout } = useStore.getState();
  const sources = changedTexts(useStore.getState());
  const size = Object.values(sources).reduce((sum, text) => sum + text.length, 0);
  if (scenario === null || size > MOST_TEXT) return null;
  const { encodeLink } = await codec();
  const cursor = clock.cursor();
  const panes = openTabs(useStore.getState());
  const view: LinkView = withMoment
    ? {
        t: Math.round(cursor.t),
        position: cursor.position,
        speed: clock.speed,
        layout,
        ...(panes.length > 0 ? { panes } : {}),
        ...(packet > 0 ? { packet } : {}),
      }
    : { t: 0, layout };
  const base = await presetOf(preset);
  const state = {
    preset: base === null ? null : preset,
    scenario: plain(scenario),
    sources,
    view,
  };
  const fragment = encodeLink(state, base === null ? null : plain(base));
  return fragment.length > LONGEST_FRAGMENT ? null : fragment;
}

/** A scenario as plain JSON. */
const plain = (value: unknown): Parameters<Awaited<ReturnType<typeof codec>>['encodeLink']>[1] =>
  JSON.parse(JSON.stringify(value));

export const addressWith = (fragment: string): string => `${window.location.href.split('#')[0]}${fragment}`;

/** Explains a link that cannot be opened. */
function explain(text: string): false {
  useStore.setState({ banner: { kind: 'problem', text } });
  return false;
}

/** Opens a link's fragment as a new draft, paused; false (with an explanation in the banner) when it cannot be. */
export async function openLinkFragment(fragment: string): Promise<boolean> {
  const { decodeLink, resolveLink } = await codec();
  const decoded = decodeLink(fragment);
  if (!decoded.ok) return explain(decoded.problem.message);
  const base = await presetOf(decoded.content.preset);
  const resolved = resolveLink(decoded.content, base === null ? null : plain(base));
  if (!resolved.ok) return explain(resolved.problem.message);
  const { state } = resolved;
  const { scenario, problems } = await checkScenarioText(JSON.stringify(state.scenario));
  if (scenario === null) {
    return explain(
      `The link is whole, but its scenario is not one that this page can run: ${problems[0]?.message ?? 'it could not be read'}`,
    );
  }
  const known = Object.fromEntries(Object.entries(state.sources).filter(([name]) => Object.hasOwn(scenario.programs, name)));
  const opened: Opened = { preset: state.preset, scenario, sources: known };
  const own: unknown = window.history.state;
  const draftId = typeof own === 'object' && own !== null && 'draftId' in own ? own.draftId : null;
  if (typeof draftId === 'string') await reopenOwn(opened, draftId, state.view);
  else await openForeign(opened, 'link', state.view);
  return true;
}

let followTimer: ReturnType<typeof setTimeout> | null = null;

async function follow(): Promise<void> {
  followTimer = null;
  const fragment = await currentFragment(true);
  if (fragment === null || clock.playing) return;
  window.history.replaceState({ draftId: useStore.getState().draftId }, '', fragment);
}

/** Lets the address follow what the person does: a second after the last change, never while playing, never as history. */
export function keepAddress(): void {
  let begun = false;
  const soon = (): void => {
    if (!begun) return;
    if (followTimer !== null) clearTimeout(followTimer);
    followTimer = setTimeout(() => void follow(), FOLLOW_DELAY);
  };
  // Only what a person does counts: opening the page leaves its address alone.
  for (const kind of ['keydown', 'pointerdown'] as const) {
    window.addEventListener(
      kind,
      () => {
        begun = true;
      },
      { capture: true },
    );
  }
  useStore.subscribe((state, before) => {
    const moved =
      !state.readout.playing && (state.readout.t !== before.readout.t || state.readout.position !== before.readout.position);
    const changed = state.texts !== before.texts || state.scenario !== before.scenario || state.packet !== before.packet;
    if (moved || changed || state.readout.playing !== before.readout.playing) soon();
  });
}
