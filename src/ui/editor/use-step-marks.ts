// Marks of the debugger in Monaco: the line it stands at, breakpoints in the glyph margin, and the click that sets one. Knows no
// store: what to mark comes in, clicks go out.

import { useEffect, useRef } from 'react';
import type { preparedMonaco } from './monaco-setup.ts';

type Editor = ReturnType<ReturnType<typeof preparedMonaco>['editor']['create']>;

export interface StepMarks {
  /** Line the debugger stands at, 0 none. */
  readonly stepLine: number;
  /** Lines with breakpoints. */
  readonly breakpoints: readonly number[];
  readonly onBreakpoint: (line: number) => void;
}

/** Monaco's MouseTargetType.GUTTER_GLYPH_MARGIN and GUTTER_LINE_NUMBERS. */
const GUTTER = [2, 3];

/** Keeps the marks of `editor` (null until it is made) as they should be. */
export function useStepMarks(editor: Editor | null, model: string, marks: StepMarks): void {
  const { stepLine, breakpoints } = marks;
  const decorations = useRef<ReturnType<Editor['createDecorationsCollection']> | null>(null);
  const latest = useRef(marks);
  latest.current = marks;
  useEffect(() => {
    if (editor === null) return;
    decorations.current = editor.createDecorationsCollection();
    const clicked = editor.onMouseDown(({ target }) => {
      if (GUTTER.includes(target.type) && target.position !== null) latest.current.onBreakpoint(target.position.lineNumber);
    });
    return () => {
      clicked.dispose();
      decorations.current?.clear();
    };
  }, [editor]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another model has its own marks
  useEffect(() => {
    const line = (at: number, options: object): { range: object; options: object } => ({
      range: { startLineNumber: at, startColumn: 1, endLineNumber: at, endColumn: 1 },
      options: { isWholeLine: true, ...options },
    });
    const stops = breakpoints.map((at) =>
      line(at, {
        glyphMarginClassName: 'breakpoint',
        glyphMarginHoverMessage: { value: 'Breakpoint: F5 goes to the next time it is reached' },
      }),
    );
    const here = stepLine > 0 ? [line(stepLine, { className: 'step-here', glyphMarginClassName: 'step-arrow' })] : [];
    decorations.current?.set([...stops, ...here] as Parameters<NonNullable<typeof decorations.current>['set']>[0]);
  }, [editor, model, stepLine, breakpoints]);
}
