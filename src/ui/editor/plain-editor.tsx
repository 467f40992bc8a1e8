// A plain text field for the program: on small screens, and until the full editor has loaded. Knows no store.

import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

interface Props {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly reveal: { readonly line: number; readonly request: number } | null;
}

export function PlainEditor({ text, onChange, reveal }: Props): ReactNode {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = field.current;
    if (element === null || reveal === null) return;
    const lines = element.value.split('\n');
    const start = lines.slice(0, reveal.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    element.setSelectionRange(start, start + (lines[reveal.line - 1]?.length ?? 0));
    element.scrollTop = Math.max(0, (reveal.line - 5) * 19);
  }, [reveal]);
  const key = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // Escape leaves, so that Tab moves on: no focus trap.
    if (event.key === 'Escape') event.currentTarget.blur();
  };
  return (
    <textarea
      ref={field}
      className="plain-editor"
      value={text}
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      aria-label="Program text"
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={key}
    />
  );
}
