// The document that is open: a scenario and changed texts, where it came from, and the list of saved drafts. No React.

import type { Scenario } from '../../engine/sim/scenario.ts';
import type { Gallery } from './gallery.ts';

/** What was opened, for Reset. */
export interface Opened {
  readonly preset: string | null;
  readonly scenario: Scenario;
  /** Program name to C text, only where it differs from the gallery. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface DraftSummary {
  readonly id: string;
  readonly title: string;
  /** Wall-clock ms of the last change, for the list. */
  readonly savedAt: number;
}

export interface DraftSlice {
  readonly gallery: Gallery | null;
  readonly draftId: string;
  readonly origin: 'preset' | 'link' | 'draft' | 'file';
  readonly preset: string | null;
  readonly scenario: Scenario | null;
  readonly opened: Opened | null;
  readonly drafts: readonly DraftSummary[];
  /** Said under the top bar until dismissed. */
  readonly banner: { readonly kind: 'link' | 'problem' | 'tabs'; readonly text: string } | null;
  /** Why there is nothing to show, when there is nothing. */
  readonly loading: 'loading' | 'ready' | 'failed';
}

export const initialDraft = (): DraftSlice => ({
  gallery: null,
  draftId: '',
  origin: 'preset',
  preset: null,
  scenario: null,
  opened: null,
  drafts: [],
  banner: null,
  loading: 'loading',
});
