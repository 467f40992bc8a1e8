// A row of tabs with the keyboard of the ARIA pattern: arrows move, Home and End jump. Knows nothing of what the tabs show.

import { type KeyboardEvent, type ReactNode, useRef } from 'react';

interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** A small count beside the label. */
  readonly count?: number | undefined;
}

interface Props<Id extends string> {
  readonly label: string;
  readonly tabs: readonly TabItem<Id>[];
  readonly active: Id;
  readonly onSelect: (id: Id) => void;
  readonly trailing?: ReactNode;
}

export function TabStrip<Id extends string>({ label, tabs, active, onSelect, trailing }: Props<Id>): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === active);
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const wanted = steps[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs[(wanted + tabs.length) % tabs.length];
    if (next === undefined) return;
    onSelect(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div className="tab-strip">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move} className="tabs">
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            data-tab={tab.id}
            data-testid={`tab-${tab.id}`}
            aria-selected={tab.id === active}
            tabIndex={tab.id === active ? 0 : -1}
            className="tab"
            onClick={() => onSelect(tab.id)}
          >
            {tab.label}
            {tab.count === undefined || tab.count === 0 ? null : <span className="count">{tab.count}</span>}
          </button>
        ))}
      </div>
      {trailing}
    </div>
  );
}
