// Opens presets, drafts, files and link states as the document of the page, and keeps the draft saved. A link or a file is
// always a new draft: nothing that is opened writes over what a person has. No React.

import { parseTime } from '../../engine/base/quantity.ts';
import type { Scenario } from '../../engine/sim/scenario.ts';
import { changedTexts } from './build-slice.ts';
import type { DraftSlice, Opened } from './draft-slice.ts';
import { DraftPresence, listDrafts, loadDraft, newDraftId, removeDraft, saveDraft } from './drafts.ts';
import { buildNow, clearStage, startRun } from './engine-bridge.ts';
import { presetScenario, programText } from './gallery.ts';
import { clock, say, useStore } from './store.ts';
import { type LayoutName, tabsNamed } from './view-slice.ts';

const { setState: set, getState: get } = useStore;
const SAVE_DELAY = 700;

let presence: DraftPresence | null = null;
let saveTimer: ReturnType<typeof setTimeout> | null = null;
/** Set while a document is being opened: that is no edit. */
let opening = false;

/** Texts of all programs of a scenario as the gallery or the scenario has them. */
async function originalTexts(scenario: Scenario): Promise<Record<string, string>> {
  const { gallery } = get();
  const texts: Record<string, string> = {};
  for (const [name, program] of Object.entries(scenario.programs)) {
    const known = gallery?.programs.find((item) => item.id === program.gallery);
    const text = program.source ?? (known === undefined ? null : await programText(known));
    if (text !== null) texts[name] = text;
  }
  return texts;
}

/** The program that the first tc line puts at the root, else the first. */
function mainProgram(scenario: Scenario): string {
  const names = Object.keys(scenario.programs);
  const words = scenario.tc.join(' ').split(/\s+/);
  return names.find((name) => words.includes(name)) ?? names[0] ?? '';
}

/** Simulated ns a second of watching, where the document names no speed: packets of a 10 Mbit/s link can be followed. */
const USUAL_SPEED = 2e6;

interface Opening {
  readonly opened: Opened;
  readonly scenario: Scenario;
  readonly sources: Readonly<Record<string, string>>;
  readonly origin: DraftSlice['origin'];
  readonly draftId: string;
  readonly banner: DraftSlice['banner'];
  /** Moment of a link; without it the scenario's own view is opened. */
  readonly moment?: Moment | undefined;
}

/** Where to open: simulated ns, records applied, and what is selected. */
export interface Moment {
  readonly t?: number;
  readonly position?: number;
  readonly speed?: number;
  readonly packet?: number;
  readonly layout?: string;
  readonly panes?: readonly string[];
}

const isLayout = (name: string | undefined): name is LayoutName => name === 'learn' || name === 'hack' || name === 'present';

/** The scenario's own view as a moment. */
function momentOf(scenario: Scenario): Moment {
  const view = scenario.view ?? {};
  const t = view.t === undefined ? null : parseTime(view.t);
  return {
    ...(t === null ? {} : { t }),
    ...(view.speed === undefined ? {} : { speed: view.speed }),
    ...(view.packet === undefined ? {} : { packet: view.packet }),
    ...(view.layout === undefined ? {} : { layout: view.layout }),
    ...(view.panes === undefined ? {} : { panes: view.panes }),
  };
}

async function open(what: Opening): Promise<void> {
  const { scenario, sources, opened } = what;
  opening = true;
  const originals = await originalTexts(scenario);
  const moment = what.moment ?? momentOf(scenario);
  clock.pause();
  set({
    scenario,
    opened,
    preset: opened.preset,
    origin: what.origin,
    draftId: what.draftId,
    banner: what.banner,
    originals,
    texts: { ...originals, ...sources },
    program: mainProgram(scenario),
    diagnostics: [],
    report: null,
    state: 'idle',
    stale: false,
    packet: moment.packet ?? 0,
    folded: [],
    loading: 'ready',
  });
  if (isLayout(moment.layout)) set({ layout: moment.layout });
  if (moment.panes !== undefined) set(tabsNamed(moment.panes));
  clock.setSpeed(moment.speed ?? USUAL_SPEED);
  presence ??= new DraftPresence(() =>
    set({
      banner: { kind: 'tabs', text: 'This draft is open in another tab as well. Duplicate it here to keep the two apart.' },
    }),
  );
  presence.open(what.draftId);
  opening = false;
  const changed = Object.keys(sources).length > 0;
  const started = await startRun(moment.t ?? 0, false, moment.position);
  if (!started) clearStage();
  // Changed text is compiled by the run itself; the build here is for the squiggles and the bytecode.
  if (changed || !started) await buildNow(false);
}

/** Opens a preset of the gallery as a new draft (which is stored only once it is changed). */
export async function openPreset(id: string): Promise<void> {
  const preset = get().gallery?.scenarios.find((item) => item.id === id);
  const scenario = preset === undefined ? null : await presetScenario(preset);
  if (scenario === null) {
    set({
      loading: get().scenario === null ? 'failed' : 'ready',
      banner: { kind: 'problem', text: `The preset "${id}" could not be fetched.` },
    });
    return;
  }
  const opened: Opened = { preset: id, scenario, sources: {} };
  await open({ opened, scenario, sources: {}, origin: 'preset', draftId: newDraftId(), banner: null });
}

/** Opens a saved draft. */
export async function openDraft(id: string): Promise<void> {
  const draft = loadDraft(id);
  if (draft === null) {
    say('That draft is gone.');
    set({ drafts: listDrafts() });
    return;
  }
  const { scenario, sources, opened } = draft;
  await open({ opened, scenario, sources, origin: 'draft', draftId: id, banner: null });
}

/** Opens what came from elsewhere as a new draft. */
export async function openForeign(opened: Opened, origin: 'link' | 'file', moment?: Moment): Promise<void> {
  const banner = origin === 'link' ? ({ kind: 'link', text: 'This scenario came from a link.' } as const) : null;
  await open({ opened, scenario: opened.scenario, sources: opened.sources, origin, draftId: newDraftId(), banner, moment });
}

/** Takes up this tab's own draft again after a reload, at the moment its address carries. */
export async function reopenOwn(opened: Opened, draftId: string, moment: Moment): Promise<void> {
  const stored = loadDraft(draftId);
  const { scenario, sources } = opened;
  await open({ opened: stored?.opened ?? opened, scenario, sources, origin: 'draft', draftId, banner: null, moment });
}

/** Back to what was opened, in the same draft. */
export async function resetDocument(): Promise<void> {
  const { opened, draftId, origin } = get();
  if (opened === null) return;
  const { scenario, sources } = opened;
  await open({ opened, scenario, sources, origin, draftId, banner: null });
  saveSoon();
}

/** A copy under a new id; what was open stays as it is in its own draft. */
export function duplicateDocument(): void {
  saveDocument();
  const draftId = newDraftId();
  set({ draftId, origin: 'draft', banner: null });
  presence?.open(draftId);
  saveDocument();
  say('Duplicated: you now edit the copy.');
}

/** Replaces the scenario and runs it from the moment that is looked at. */
export function changeScenario(scenario: Scenario): void {
  set({ scenario });
  saveSoon();
  void startRun(clock.t, clock.playing);
}

/** Stores the draft now. */
export function saveDocument(): void {
  if (saveTimer !== null) clearTimeout(saveTimer);
  saveTimer = null;
  const { draftId, scenario, opened, preset, gallery } = get();
  if (scenario === null || opened === null || draftId === '') return;
  const title = gallery?.scenarios.find((item) => item.id === preset)?.title ?? scenario.title;
  const sources = changedTexts(get());
  saveDraft({ id: draftId, title, savedAt: Date.now(), preset, scenario, sources, opened });
  set({ drafts: listDrafts() });
}

/** Stores the draft within a second. */
function saveSoon(): void {
  if (saveTimer === null) saveTimer = setTimeout(saveDocument, SAVE_DELAY);
}

export function deleteDraft(id: string): void {
  removeDraft(id);
  set({ drafts: listDrafts() });
}

/** Saves whenever texts change by typing, and when the page is left. */
export function keepDraftSaved(): void {
  set({ drafts: listDrafts() });
  useStore.subscribe((state, before) => {
    if (!opening && state.texts !== before.texts && state.draftId === before.draftId) saveSoon();
  });
  window.addEventListener('pagehide', () => {
    if (saveTimer !== null) saveDocument();
  });
}
