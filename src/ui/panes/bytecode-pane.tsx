// The programs as eBPF, each instruction beside the C line it comes from. A click goes to the line.

import { type ReactNode, useState } from 'react';
import type { ProgramSummary } from '../../worker/api.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { saveObjectFile } from '../store/files.ts';
import { useStore } from '../store/store.ts';

function Listing({ program, lines }: { readonly program: ProgramSummary; readonly lines: readonly string[] }): ReactNode {
  const go = (line: number): void => {
    const { program: name, reveal } = useStore.getState();
    if (line > 0) useStore.setState({ reveal: { program: name, line, request: (reveal?.request ?? 0) + 1 } });
  };
  let previous = 0;
  return (
    <ol className="listing">
      {program.assembly.map((text, slot) => {
        if (text === '') return null;
        const line = program.lineOfSlot[slot] ?? 0;
        const heading = line !== previous && line > 0 ? (lines[line - 1] ?? '').trim() : '';
        previous = line;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a slot's number is its identity
          <li key={slot}>
            {heading === '' ? null : (
              <button type="button" className="source-line" onClick={() => go(line)}>
                {line}: {heading}
              </button>
            )}
            <code>
              <span className="slot">{slot}</span> {text}
            </code>
          </li>
        );
      })}
    </ol>
  );
}

export function BytecodePane(): ReactNode {
  const report = useStore((state) => state.report);
  const run = useStore((state) => state.run);
  const name = useStore((state) => state.program);
  const text = useStore((state) => state.texts[state.program] ?? '');
  const [chosen, setChosen] = useState(0);
  const running =
    run?.info?.qdiscs.filter((qdisc) => qdisc.program === name).flatMap((qdisc) => [qdisc.enqueue, qdisc.dequeue]) ?? [];
  const programs = (report?.ok === true ? report.programs : running).filter((program) => program !== null);
  const program = programs[Math.min(chosen, programs.length - 1)];
  if (program === undefined) return <EmptyState>The bytecode stands here once the program compiles.</EmptyState>;
  return (
    <div className="bytecode">
      <div className="row">
        <label>
          Program{' '}
          <select value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
            {programs.map((item, i) => (
              <option key={item.name} value={i}>
                {item.section}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button small" onClick={() => void saveObjectFile()}>
          Download .o
        </button>
      </div>
      <Listing program={program} lines={text.split('\n')} />
    </div>
  );
}
