// A text field for a quantity as people write it in tc (`10mbit`, `5ms`): checked as it is typed, committed on Enter or
// when it is left. Knows nothing of what the quantity is for.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly check: (text: string) => boolean;
  /** Said when the text does not pass. */
  readonly hint: string;
  /** An empty text means "not given". */
  readonly optional?: boolean;
  readonly testId?: string;
  readonly onCommit: (text: string) => void;
}

export function QuantityField({ label, value, check, hint, optional = false, testId, onCommit }: Props): ReactNode {
  const [text, setText] = useState(value);
  const id = useId();
  useEffect(() => setText(value), [value]);
  const trimmed = text.trim();
  const good = trimmed === '' ? optional : check(trimmed);
  const commit = (): void => {
    if (good && trimmed !== value) onCommit(trimmed);
    else if (!good && trimmed === '') setText(value);
  };
  const key = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') commit();
    if (event.key === 'Escape') setText(value);
  };
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="text"
        value={text}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={!good}
        aria-describedby={good ? undefined : id}
        data-testid={testId}
        placeholder={optional ? '–' : undefined}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={key}
      />
      {good ? null : (
        <span id={id} className="field-hint">
          {hint}
        </span>
      )}
    </label>
  );
}
