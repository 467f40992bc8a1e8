// The bar at the top: name, what is open, transport, profile badge, share, theme, keys.

import type { ReactNode } from 'react';
import { useStore } from '../store/store.ts';
import { chooseTheme } from '../store/theme.ts';
import { PresetMenu } from './preset-menu.tsx';
import { TransportBar } from './transport-bar.tsx';

const PROFILE_NAMES: Readonly<Record<string, string>> = { v4: 'RFC v4', v5: 'RFC v5', lab: 'lab', struct_ops: 'struct_ops' };
/** What a profile's badge says until a build has told (contracts 1). */
const BADGES: Readonly<Record<string, string>> = {
  v4: 'RFC, never merged: no kernel runs it',
  v5: 'RFC, never merged: no kernel runs it',
  lab: 'ours: runs only here',
  struct_ops: 'Linux >= 6.16 (Debian: >= 6.17)',
};

/** Which generation of the interface the running program is for, and which quirks of the posted code are on. */
function Badge(): ReactNode {
  const run = useStore((state) => state.run);
  const report = useStore((state) => state.report);
  const program = useStore((state) => state.program);
  const qdisc = run?.info?.qdiscs.find((item) => item.program === program) ?? run?.info?.qdiscs[0];
  const profile = report?.profile ?? qdisc?.profile ?? null;
  if (profile === null) return null;
  const quirks = qdisc?.quirks ?? [];
  return (
    <span className="badges">
      <span className="badge" data-testid="badge" title={report?.badge ?? BADGES[profile] ?? ''}>
        <strong>{PROFILE_NAMES[profile] ?? profile}</strong>{' '}
        <span className="badge-text">{report?.badge ?? BADGES[profile]}</span>
      </span>
      {quirks.length > 0 ? (
        <span className="badge warn" data-testid="quirks" title="Behaviour of the posted code, switched on to be studied">
          as posted: {quirks.join(', ')}
        </span>
      ) : null}
    </span>
  );
}

function ThemeSwitch(): ReactNode {
  const dark = useStore((state) => state.dark);
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={dark ? 'Light theme' : 'Dark theme'}
      title={dark ? 'Light theme' : 'Dark theme'}
      data-testid="theme"
      onClick={() => chooseTheme(dark ? 'light' : 'dark')}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <path
          d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 3.2v9.6a4.8 4.8 0 0 0 0-9.6z"
          fill="currentColor"
          fillRule="evenodd"
        />
      </svg>
    </button>
  );
}

export function TopBar({ narrow }: { readonly narrow: boolean }): ReactNode {
  return (
    <header className="top-bar">
      <h1 className="name">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <path d="M16 9 8.5 22M16 9l7.5 13" stroke="currentColor" strokeWidth="2.2" opacity="0.6" />
          <circle cx="16" cy="8.5" r="5" fill="#56b4e9" />
          <circle cx="8" cy="23" r="5" fill="#e69f00" />
          <rect x="19" y="18.2" width="9.4" height="9.4" rx="1" fill="#009e73" />
        </svg>
        <span className="name-text">Qdisc Playground</span>
      </h1>
      <PresetMenu />
      {narrow ? null : <TransportBar />}
      <Badge />
      <div className="top-end">
        <button
          type="button"
          className="button accent"
          data-testid="share"
          onClick={() => useStore.setState({ dialog: 'share' })}
        >
          Share
        </button>
        <ThemeSwitch />
        <button
          type="button"
          className="icon-button"
          aria-label="Keys"
          title="Keys (?)"
          data-testid="keys"
          onClick={() => useStore.setState({ dialog: 'keys' })}
        >
          ?
        </button>
      </div>
    </header>
  );
}
