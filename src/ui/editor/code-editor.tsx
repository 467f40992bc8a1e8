// The program in Monaco: one model per file of the draft, markers, fixes, and the line that another pane asks to see.
// Knows no store: text comes in and goes out through props.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { FlatDiagnostic } from '../../worker/api.ts';
import { HeaderView } from './header-view.tsx';
import { offerFixes, showMarkers } from './markers.ts';
import { EDITOR_OPTIONS, preparedMonaco } from './monaco-setup.ts';
import { type LanguageOfProgram, useLanguage } from './use-language.ts';
import { type StepMarks, useStepMarks } from './use-step-marks.ts';

interface Props {
  /** Program name: which model is shown. */
  readonly name: string;
  readonly text: string;
  readonly diagnostics: readonly FlatDiagnostic[];
  readonly dark: boolean;
  readonly reveal: { readonly program: string; readonly line: number; readonly request: number } | null;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
  /** Asks the language services. */
  readonly ask: LanguageOfProgram['ask'];
  /** Profile that the program runs under; null leaves it to its text. */
  readonly profile: LanguageOfProgram['profile'];
  /** Marks of the debugger. */
  readonly marks: StepMarks;
}

type Monaco = ReturnType<typeof preparedMonaco>;
type Editor = ReturnType<Monaco['editor']['create']>;
type Decorations = ReturnType<Editor['createDecorationsCollection']>;

export function CodeEditor(props: Props): ReactNode {
  const { name, text, diagnostics, dark, reveal } = props;
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const [shown, setShown] = useState<Editor | null>(null);
  useStepMarks(shown, name, props.marks);
  const { header, closeHeader } = useLanguage(shown, { path: `${name}.bpf.c`, profile: props.profile, ask: props.ask });
  const mark = useRef<Decorations | null>(null);
  const latest = useRef(props);
  const models = useRef(new Map<string, ReturnType<Monaco['editor']['createModel']>>()).current;
  latest.current = props;

  useEffect(() => {
    const monaco = preparedMonaco();
    if (box.current === null) return;
    const made = monaco.editor.create(box.current, {
      ...EDITOR_OPTIONS,
      model: null,
      theme: latest.current.dark ? 'playground-dark' : 'playground-light',
    });
    editor.current = made;
    setShown(made);
    mark.current = made.createDecorationsCollection();
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => latest.current.onRun());
    // Escape and then Tab leaves: Tab moves the focus until the editor is entered again.
    made.addCommand(
      monaco.KeyCode.Escape,
      () => made.updateOptions({ tabFocusMode: true }),
      '!suggestWidgetVisible && !findWidgetVisible && !codeActionMenuVisible && !parameterHintsVisible && !renameInputVisible && !referenceSearchVisible && !editorHoverVisible',
    );
    made.addCommand(monaco.KeyCode.F9, () => latest.current.marks.onBreakpoint(made.getPosition()?.lineNumber ?? 0));
    const entered = made.onDidFocusEditorText(() => made.updateOptions({ tabFocusMode: false }));
    const typed = made.onDidChangeModelContent((event) => {
      if (!event.isFlush) latest.current.onChange(made.getValue());
    });
    return () => {
      entered.dispose();
      typed.dispose();
      for (const model of models.values()) model.dispose();
      models.clear();
      made.dispose();
      editor.current = null;
      setShown(null);
    };
  }, [models]);

  // The model of the program; its undo history lives as long as the draft is open.
  useEffect(() => {
    const monaco = preparedMonaco();
    const made = editor.current;
    if (made === null || name === '') return;
    let model = models.get(name);
    if (model === undefined) {
      model = monaco.editor.createModel(latest.current.text, 'c');
      models.set(name, model);
    }
    made.setModel(model);
    const fixes = offerFixes(monaco, model.uri.toString(), () => latest.current.diagnostics);
    return () => fixes.dispose();
  }, [name, models]);

  // Text that did not come from typing here (a reset, a fix of the problems pane) is put in as one edit.
  useEffect(() => {
    const model = models.get(name);
    if (model === undefined || model.getValue() === text) return;
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
  }, [name, text, models]);

  useEffect(() => {
    const model = models.get(name);
    if (model !== undefined) showMarkers(preparedMonaco(), model, `${name}.bpf.c`, diagnostics);
  }, [name, diagnostics, models]);

  useEffect(() => preparedMonaco().editor.setTheme(dark ? 'playground-dark' : 'playground-light'), [dark]);

  useEffect(() => {
    const made = editor.current;
    if (made === null || reveal === null || reveal.program !== name) return;
    made.revealLineInCenterIfOutsideViewport(reveal.line);
    mark.current?.set([
      {
        range: { startLineNumber: reveal.line, startColumn: 1, endLineNumber: reveal.line, endColumn: 1 },
        options: { isWholeLine: true, className: 'revealed-line', linesDecorationsClassName: 'revealed-gutter' },
      },
    ]);
  }, [reveal, name]);

  return (
    <>
      <div ref={box} className="monaco" data-testid="monaco" />
      {header === null ? null : <HeaderView model={header.model} at={header.at} dark={dark} onClose={closeHeader} />}
    </>
  );
}
