// What the person looks at: theme, layout, selection, dialogs, and the clock's read-outs (at most ten a second). No React.

export type ThemeChoice = 'system' | 'dark' | 'light';
export type LayoutName = 'learn' | 'hack' | 'present';
export type NarrowTab = 'scene' | 'code' | 'plots' | 'inspect';
export type SideTab = 'inspector' | 'traffic';
export type LowerTab = 'results' | 'console';
export type ProblemsTab = 'explained' | 'raw' | 'bytecode';
export type DialogName = 'none' | 'share' | 'keys';

/** The clock in words. */
export interface Readout {
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

export const initialView = (): ViewSlice => ({
  theme: 'system',
  dark: true,
  layout: 'hack',
  narrowTab: 'scene',
  sideTab: 'inspector',
  lowerTab: 'results',
  problemsTab: 'explained',
  dialog: 'none',
  packet: 0,
  hovered: 0,
  folded: [],
  readout: { t: 0, position: 0, step: -1, playing: false, speed: 2e6, caption: '', skipping: false },
  toast: null,
  reveal: null,
});
