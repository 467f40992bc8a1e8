// The menu of what can be opened: presets with what to watch in each, saved drafts, files; and what can be done with the
// open document. Opening itself is the store's.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { openScenarioFile, saveScenarioFile } from '../store/files.ts';
import { deleteDraft, duplicateDocument, openDraft, openPreset, resetDocument } from '../store/open-document.ts';
import { useStore } from '../store/store.ts';

const ago = (savedAt: number): string => {
  const minutes = Math.max(0, Math.round((Date.now() - savedAt) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
};

function Presets({ close }: { readonly close: () => void }): ReactNode {
  const gallery = useStore((state) => state.gallery);
  const current = useStore((state) => state.preset);
  return (
    <section aria-label="Presets">
      <h2>Presets</h2>
      <ul>
        {gallery?.scenarios.map(({ id, title, watch }) => (
          <li key={id}>
            <button
              type="button"
              className="menu-item"
              aria-current={id === current}
              data-testid={`preset-${id}`}
              onClick={() => {
                close();
                void openPreset(id);
              }}
            >
              <strong>{title}</strong>
              <span>{watch}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Drafts({ close }: { readonly close: () => void }): ReactNode {
  const drafts = useStore((state) => state.drafts);
  const current = useStore((state) => state.draftId);
  if (drafts.length === 0) return null;
  return (
    <section aria-label="Drafts">
      <h2>Your drafts</h2>
      <ul>
        {drafts.map(({ id, title, savedAt }) => (
          <li key={id} className="menu-row">
            <button
              type="button"
              className="menu-item"
              aria-current={id === current}
              data-testid="draft"
              onClick={() => {
                close();
                void openDraft(id);
              }}
            >
              <strong>{title}</strong>
              <span>{ago(savedAt)}</span>
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={`Delete the draft ${title}, ${ago(savedAt)}`}
              onClick={() => deleteDraft(id)}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Actions({ close }: { readonly close: () => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const actions: readonly (readonly [string, string, () => void])[] = [
    ['Reset to as opened', 'reset', () => void resetDocument()],
    ['Duplicate', 'duplicate', duplicateDocument],
    ['Save scenario as a file', 'save-file', saveScenarioFile],
  ];
  return (
    <section aria-label="Document" className="menu-actions">
      {actions.map(([name, id, run]) => (
        <button
          key={id}
          type="button"
          className="button"
          data-testid={id}
          onClick={() => {
            close();
            run();
          }}
        >
          {name}
        </button>
      ))}
      <button type="button" className="button" data-testid="open-file" onClick={() => input.current?.click()}>
        Open a file …
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="Scenario file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          close();
          if (file !== undefined) void openScenarioFile(file);
        }}
      />
    </section>
  );
}

export function PresetMenu(): ReactNode {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const gallery = useStore((state) => state.gallery);
  const preset = useStore((state) => state.preset);
  const scenario = useStore((state) => state.scenario);
  const title = gallery?.scenarios.find((item) => item.id === preset)?.title ?? scenario?.title ?? 'Open …';
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', onEscape, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', onEscape, true);
    };
  }, [open]);
  return (
    <div className="preset" ref={root}>
      <button
        ref={button}
        type="button"
        className="preset-button"
        aria-expanded={open}
        aria-haspopup="true"
        data-testid="preset-menu"
        onClick={() => setOpen(!open)}
      >
        <span>{title}</span>
        <span aria-hidden="true">▾</span>
      </button>
      {open ? (
        <div className="menu" data-testid="preset-list">
          <Presets close={() => setOpen(false)} />
          <Drafts close={() => setOpen(false)} />
          <Actions close={() => setOpen(false)} />
        </div>
      ) : null}
    </div>
  );
}
