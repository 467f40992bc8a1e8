// A bundled header over the program: read-only, with hover and definitions of its own, closed with Escape. Knows no store.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { type ReactNode, useEffect, useRef } from 'react';
import { headerOf } from './language-source.ts';
import { EDITOR_OPTIONS, preparedMonaco } from './monaco-setup.ts';
import './header-view.css';

interface Props {
  readonly model: Monaco.editor.ITextModel;
  readonly at: Monaco.IPosition;
  readonly dark: boolean;
  readonly onClose: () => void;
}

export function HeaderView({ model, at, dark, onClose }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<ReturnType<ReturnType<typeof preparedMonaco>['editor']['create']> | null>(null);
  const close = useRef(onClose);
  close.current = onClose;
  const first = useRef({ dark });
  useEffect(() => {
    const monaco = preparedMonaco();
    if (box.current === null) return;
    const made = monaco.editor.create(box.current, {
      ...EDITOR_OPTIONS,
      model: null,
      readOnly: true,
      ariaLabel: 'Bundled header, read-only. Press Escape to go back to the program.',
      theme: first.current.dark ? 'playground-dark' : 'playground-light',
    });
    made.addCommand(monaco.KeyCode.Escape, () => close.current(), '!findWidgetVisible && !referenceSearchVisible');
    editor.current = made;
    return () => made.dispose();
  }, []);
  useEffect(() => {
    const made = editor.current;
    if (made === null || model.isDisposed()) return;
    made.setModel(model);
    made.setPosition(at);
    made.revealLineInCenter(at.lineNumber);
    made.focus();
  }, [model, at]);
  const name = headerOf(model) ?? '';
  return (
    <section className="header-view" aria-label={`Header ${name}`} data-testid="header-view">
      <div className="header-view-bar">
        <code>&lt;{name}&gt;</code>
        <span>bundled header, read-only</span>
        <button type="button" className="button small" onClick={onClose} title="Back to the program (Escape)">
          Back
        </button>
      </div>
      <div ref={box} className="header-view-text" />
    </section>
  );
}
