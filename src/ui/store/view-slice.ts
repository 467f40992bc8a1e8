// What the person looks at: theme, layout, selection, dialogs, and the clock's read-outs (at most ten a second). No React.

export type ThemeChoice = 'system' | 'dark' | 'light';
export type LayoutName = 'learn' | 'hack' | 'present';
export type NarrowTab = 'scene' | 'code' | 'plots' | 'inspect';
export type SideTab = 'inspector' | 'traffic' | 'step';
export type LowerTab = 'results' | 'console';
export type ProblemsTab = 'explained' | 'raw' | 'bytecode';
type DialogName = 'none' | 'share' | 'keys';

/** The clock in words. */
interface Readout {
  readonly t: number;
  readonly position: number;
  readonly step: number;
  readonly playing: boolean;
  readonly speed: number;
  readonly caption: string;
  readonly skipping: boolean;
}

export interface ViewSlice {
  readonly theme: ThemeChoice;
  /** What `theme` comes to now. */
  readonly dark: boolean;
  readonly layout: LayoutName;
  readonly narrowTab: NarrowTab;
  readonly sideTab: SideTab;
  readonly lowerTab: LowerTab;
  readonly problemsTab: ProblemsTab;
  readonly dialog: DialogName;
  /** Packet selected everywhere, 0 none. */
  readonly packet: number;
  readonly hovered: number;
  /** Maps shown folded. */
  readonly folded: readonly number[];
  readonly readout: Readout;
  /** A sentence that appears for a while. */
  readonly toast: string | null;
  /** Source line to reveal: program, line and a number that grows with each request. */
  readonly reveal: { readonly program: string; readonly line: number; readonly request: number } | null;
}

const USUAL_TABS = { sideTab: 'inspector', lowerTab: 'results', problemsTab: 'explained' } as const;
const SIDE: readonly SideTab[] = ['inspector', 'traffic', 'step'];
const LOWER: readonly LowerTab[] = ['results', 'console'];
const PROBLEMS: readonly ProblemsTab[] = ['explained', 'raw', 'bytecode'];

type OpenTabs = Pick<ViewSlice, 'sideTab' | 'lowerTab' | 'problemsTab'>;

/** Names of the tabs that are open where the usual ones are not: what a link keeps. */
export const openTabs = (view: OpenTabs): string[] =>
  [
    [view.sideTab, USUAL_TABS.sideTab],
    [view.lowerTab, USUAL_TABS.lowerTab],
    [view.problemsTab, USUAL_TABS.problemsTab],
  ].flatMap(([open, usual]) => (open === undefined || open === usual ? [] : [open]));

/** The inverse of {@link openTabs}; names that are not known are ignored. */
export const tabsNamed = (names: readonly string[]): OpenTabs => ({
  sideTab: SIDE.find((tab) => names.includes(tab)) ?? USUAL_TABS.sideTab,
  lowerTab: LOWER.find((tab) => names.includes(tab)) ?? USUAL_TABS.lowerTab,
  problemsTab: PROBLEMS.find((tab) => names.includes(tab)) ?? USUAL_TABS.problemsTab,
});

export const initialView = (): ViewSlice => ({
  theme: 'system',
  dark: true,
  layout: 'hack',
  narrowTab: 'scene',
  ...USUAL_TABS,
  dialog: 'none',
  packet: 0,
  hovered: 0,
  folded: [],
  readout: { t: 0, position: 0, step: -1, playing: false, speed: 2e6, caption: '', skipping: false },
  toast: null,
  reveal: null,
});
