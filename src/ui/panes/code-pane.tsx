// The program: file tabs, the editor (Monaco when it has loaded, a plain text field on small screens and until then), and
// what the build says in one line.

import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { TabStrip } from '../components/tab-strip.tsx';
import { PlainEditor } from '../editor/plain-editor.tsx';
import { askLanguage, buildNow, textChanged } from '../store/engine-bridge.ts';
import { countOf } from '../store/selectors.ts';
import { stepLine, toggleBreakpoint } from '../store/stepping.ts';
import { useStore } from '../store/store.ts';

const CodeEditor = lazy(() => import('../editor/code-editor.tsx').then((module) => ({ default: module.CodeEditor })));

const NO_LINES: readonly number[] = [];
const SMALL = '(max-width: 899px)';

/** Monaco is fetched once the first picture is painted and the page has a moment of rest. */
function useAfterFirstPaint(): boolean {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), 350);
    return () => clearTimeout(timer);
  }, []);
  return ready;
}

function BuildState(): ReactNode {
  const state = useStore((store) => store.state);
  const report = useStore((store) => store.report);
  const errors = useStore((store) => countOf(store, 'error'));
  const stale = useStore((store) => store.stale);
  const words =
    state === 'building'
      ? 'building …'
      : state === 'failed'
        ? `${errors} ${errors === 1 ? 'error' : 'errors'}`
        : report === null
          ? ''
          : `compiled in ${report.compileMs.toFixed(1)} ms, verified in ${report.verifyMs.toFixed(1)} ms`;
  return (
    <span className={state === 'failed' ? 'build-state bad' : 'build-state'} data-testid="build-state" role="status">
      {words}
      {stale && state === 'ok' ? ' · not running' : ''}
    </span>
  );
}

export function CodePane(): ReactNode {
  const program = useStore((state) => state.program);
  const texts = useStore((state) => state.texts);
  const originals = useStore((state) => state.originals);
  const diagnostics = useStore((state) => state.diagnostics);
  const dark = useStore((state) => state.dark);
  const reveal = useStore((state) => state.reveal);
  const draftId = useStore((state) => state.draftId);
  const line = useStore((state) => {
    const place = stepLine(state);
    // One clock: the mark is gone while time is somewhere else.
    const { playing, step } = state.readout;
    const here = !playing && state.stepping !== null && step === state.stepping.step - 2;
    return here && place !== null && place.program === state.program ? place.line : 0;
  });
  const breakpoints = useStore((state) => state.breakpoints[state.program] ?? NO_LINES);
  const marks = {
    stepLine: line,
    breakpoints,
    onBreakpoint: (line: number) => toggleBreakpoint(program, line),
  };
  const profile = useStore((state) => state.scenario?.programs[state.program]?.profile ?? null);
  const ready = useAfterFirstPaint();
  const small = window.matchMedia(SMALL).matches;
  const names = Object.keys(texts);
  const tabs = names.map((name) => ({ id: name, label: `${name}.bpf.c${texts[name] === originals[name] ? '' : ' ●'}` }));
  const text = texts[program] ?? '';
  const plain = <PlainEditor text={text} onChange={(next) => textChanged(program, next)} reveal={reveal} />;
  const choose = (next: string): void => {
    useStore.setState({ program: next, diagnostics: [], report: null, state: 'idle' });
    void buildNow(false);
  };
  return (
    <section className="pane code" aria-label="Program">
      <TabStrip
        label="Programs"
        tabs={tabs}
        active={program}
        onSelect={choose}
        trailing={
          <span className="tab-end">
            <BuildState />
            <button
              type="button"
              className="button small"
              data-testid="build"
              title="Compile, verify, run (Ctrl+Enter)"
              onClick={() => void buildNow(true)}
            >
              Run
            </button>
          </span>
        }
      />
      <div className="fill editor" data-testid="editor" role="tabpanel" aria-label={`${program}.bpf.c`}>
        {small || !ready ? (
          plain
        ) : (
          <Suspense fallback={plain}>
            <CodeEditor
              key={draftId}
              name={program}
              text={text}
              diagnostics={diagnostics}
              dark={dark}
              reveal={reveal}
              onChange={(next) => textChanged(program, next)}
              onRun={() => void buildNow(true)}
              ask={askLanguage}
              profile={profile}
              marks={marks}
            />
          </Suspense>
        )}
      </div>
    </section>
  );
}
