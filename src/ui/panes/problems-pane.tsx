// What the compiler, the verifier and the scenario reader found: explained, as the verifier's own log, and as bytecode
// beside C lines.

import type { ReactNode } from 'react';
import type { FlatDiagnostic } from '../../worker/api.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { TabPanel } from '../components/tab-panel.tsx';
import { TabStrip } from '../components/tab-strip.tsx';
import { textChanged } from '../store/engine-bridge.ts';
import { countOf } from '../store/selectors.ts';
import { useStore } from '../store/store.ts';
import type { ProblemsTab } from '../store/view-slice.ts';
import { BytecodePane } from './bytecode-pane.tsx';

function reveal(line: number): void {
  const { program, reveal: before } = useStore.getState();
  if (line > 0) useStore.setState({ reveal: { program, line, request: (before?.request ?? 0) + 1 }, narrowTab: 'code' });
}

/** The text with the fix applied. */
function applied(text: string, fix: NonNullable<FlatDiagnostic['fix']>): string {
  const lines = text.split('\n');
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, item) => sum + item.length + 1, 0) + column - 1;
  return text.slice(0, offset(fix.line, fix.column)) + fix.text + text.slice(offset(fix.endLine, fix.endColumn));
}

function Problem({ item }: { readonly item: FlatDiagnostic }): ReactNode {
  const { severity, message, code, line, column, notes, fix, explanation, stage } = item;
  const fixIt = (): void => {
    const { program, texts } = useStore.getState();
    if (fix !== null) textChanged(program, applied(texts[program] ?? '', fix));
  };
  return (
    <li className={`problem ${severity}`} data-testid="problem">
      <button type="button" className="problem-head" onClick={() => reveal(line)}>
        <span className="severity">{severity}</span>
        <span className="problem-text">{message}</span>
        <span className="where">
          {line > 0 ? `line ${line}:${column}` : (item.file ?? '')} · {stage}
        </span>
      </button>
      {notes.length > 0 ? (
        <ul className="notes">
          {notes.map((note, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: notes have no identity but their order
            <li key={i}>
              {note.line === null ? (
                note.message
              ) : (
                <button type="button" className="linklike" onClick={() => reveal(note.line ?? 0)}>
                  line {note.line}: {note.message}
                </button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
      {explanation === null ? null : <p className="explanation">{explanation}</p>}
      {fix === null ? null : (
        <p className="fix">
          <button type="button" className="button small" data-testid="fix" onClick={fixIt}>
            Fix
          </button>{' '}
          {fix.description}
        </p>
      )}
      <span className="code-name">{code}</span>
    </li>
  );
}

function Explained(): ReactNode {
  const diagnostics = useStore((state) => state.diagnostics);
  const runProblems = useStore((state) => state.runProblems);
  const state = useStore((store) => store.state);
  // What a build and the run it led to both say is said once.
  const seen = new Set(diagnostics.map((item) => `${item.line}:${item.message}`));
  const all = [...diagnostics, ...runProblems.filter((item) => !seen.has(`${item.line}:${item.message}`))];
  if (all.length === 0) {
    return (
      <EmptyState>
        {state === 'ok'
          ? 'Compiled and verified: nothing to complain about.'
          : 'No problems. Change a line: what is wrong shows here as you type.'}
      </EmptyState>
    );
  }
  return (
    <ul className="problem-list">
      {all.map((item, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
        <Problem key={i} item={item} />
      ))}
    </ul>
  );
}

function RawLog(): ReactNode {
  const report = useStore((state) => state.report);
  const run = useStore((state) => state.run);
  const built = report?.programs ?? run?.info?.qdiscs.flatMap((qdisc) => [qdisc.enqueue, qdisc.dequeue]) ?? [];
  const programs = built.filter((program) => program !== null);
  if (programs.length === 0) return <EmptyState>The verifier's log stands here once a program compiles.</EmptyState>;
  return (
    <>
      {programs.map((program) => (
        <section key={program.name} className="raw-log">
          <h2>
            {program.section}: {program.accepted ? 'accepted' : 'rejected'}, {program.processed} instructions walked
          </h2>
          <pre>{program.verifierLog.slice(0, 5000).join('\n')}</pre>
        </section>
      ))}
    </>
  );
}

export function ProblemsPane(): ReactNode {
  const tab = useStore((state) => state.problemsTab);
  const errors = useStore((state) => countOf(state, 'error'));
  const warnings = useStore((state) => countOf(state, 'warning'));
  const tabs = [
    { id: 'explained', label: 'Problems', count: errors + warnings },
    { id: 'raw', label: 'Verifier log' },
    { id: 'bytecode', label: 'Bytecode' },
  ] as const;
  return (
    <section className="pane problems" aria-label="Problems">
      <TabStrip<ProblemsTab>
        label="Problems"
        tabs={tabs}
        active={tab}
        onSelect={(problemsTab) => useStore.setState({ problemsTab })}
      />
      <TabPanel tab={tab} testId="problems">
        {tab === 'explained' ? <Explained /> : tab === 'raw' ? <RawLog /> : <BytecodePane />}
      </TabPanel>
    </section>
  );
}
