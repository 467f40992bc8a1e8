// Drafts in the browser's storage: one entry per draft under a random id, so that no link or preset ever writes over
// another. Where storage is not to be had (private windows, sandboxed frames) drafts simply do not outlive the page.

import type { Scenario } from '../../engine/sim/scenario.ts';
import type { DraftSummary, Opened } from './draft-slice.ts';

/** A draft as it is stored. */
export interface StoredDraft {
  readonly id: string;
  readonly title: string;
  readonly savedAt: number;
  readonly preset: string | null;
  readonly scenario: Scenario;
  readonly sources: Readonly<Record<string, string>>;
  readonly opened: Opened;
}

const PREFIX = 'qdisc-playground/draft/';
/** The oldest drafts beyond this many are forgotten. */
const KEPT_DRAFTS = 40;

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** A random id, 12 characters. */
export function newDraftId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => (byte % 36).toString(36)).join('') + (Date.now() % 1679616).toString(36).padStart(4, '0');
}

function parsed(text: string | null): StoredDraft | null {
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as StoredDraft;
    return typeof value.id === 'string' && typeof value.scenario === 'object' && value.scenario !== null ? value : null;
  } catch {
    return null;
  }
}

export const loadDraft = (id: string): StoredDraft | null => parsed(storage()?.getItem(PREFIX + id) ?? null);

/** All drafts, newest first. */
export function listDrafts(): DraftSummary[] {
  const store = storage();
  if (store === null) return [];
  const found: DraftSummary[] = [];
  for (let i = 0; i < store.length; i++) {
    const key = store.key(i);
    if (key === null || !key.startsWith(PREFIX)) continue;
    const draft = parsed(store.getItem(key));
    if (draft !== null) found.push({ id: draft.id, title: draft.title, savedAt: draft.savedAt });
  }
  return found.sort((a, b) => b.savedAt - a.savedAt);
}

/** Stores a draft; false when the browser refused (full, or no storage). */
export function saveDraft(draft: StoredDraft): boolean {
  const store = storage();
  if (store === null) return false;
  const write = (): void => store.setItem(PREFIX + draft.id, JSON.stringify(draft));
  try {
    write();
  } catch {
    const oldest = listDrafts().at(-1);
    if (oldest === undefined || oldest.id === draft.id) return false;
    store.removeItem(PREFIX + oldest.id);
    try {
      write();
    } catch {
      return false;
    }
  }
  for (const extra of listDrafts().slice(KEPT_DRAFTS)) store.removeItem(PREFIX + extra.id);
  return true;
}

export const removeDraft = (id: string): void => storage()?.removeItem(PREFIX + id);

/** Tells other tabs which draft this one has open, and hears when another opens the same. */
export class DraftPresence {
  private readonly channel: BroadcastChannel | null;
  private readonly tab = newDraftId();
  private id = '';

  constructor(onClash: () => void) {
    try {
      this.channel = new BroadcastChannel('qdisc-playground/drafts');
    } catch {
      this.channel = null;
    }
    if (this.channel === null) return;
    this.channel.onmessage = (event: MessageEvent<{ tab: string; id: string; answer: boolean }>) => {
      const { tab, id, answer } = event.data;
      if (tab === this.tab || id !== this.id) return;
      if (answer) onClash();
      else this.channel?.postMessage({ tab: this.tab, id: this.id, answer: true });
    };
  }

  /** Says that this tab now has `id` open. */
  open(id: string): void {
    this.id = id;
    this.channel?.postMessage({ tab: this.tab, id, answer: false });
  }
}
