// Lines the programs printed, run-time faults and warnings, with time, packet and C line. A click goes there.

import { type ReactNode, useMemo } from 'react';
import { EVENT } from '../../engine/trace/event.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { momentText } from '../store/biography.ts';
import type { RunData } from '../store/run-data.ts';
import { clock, useStore } from '../store/store.ts';

/** Lines shown around the cursor; the window moves in halves of this. */
const SHOWN = 400;

interface ConsoleLine {
  readonly record: number;
  readonly t: number;
  readonly packet: number;
  readonly kind: 'print' | 'fault' | 'warning';
  readonly text: string;
  readonly program: string;
  readonly line: number;
}

function linesOf(run: RunData, from: number): ConsoleLine[] {
  const { messages } = run.index;
  const lines: ConsoleLine[] = [];
  for (let i = from; i < Math.min(messages.length, from + SHOWN); i++) {
    const record = run.log.at(messages.records[i] ?? -1);
    if (record === null) continue;
    const { kind, packet, a, b, c, d, t, index } = record;
    const side = kind === EVENT.CONSOLE ? run.sideAt(index, false) : d === 0 ? 'enqueue' : 'dequeue';
    lines.push({
      record: index,
      t,
      packet,
      kind: kind === EVENT.CONSOLE ? 'print' : kind === EVENT.FAULT ? 'fault' : 'warning',
      text: run.log.text(b),
      program: run.qdisc(a)?.program ?? '',
      line: c < 0 ? 0 : run.lineOf(a, side, c),
    });
  }
  return lines;
}

export function ConsolePane(): ReactNode {
  const run = useStore((state) => state.run);
  const version = useStore((state) => state.runVersion);
  const position = useStore((state) => state.readout.position);
  const t = useStore((state) => state.readout.t);
  const passed = run?.index.messages.lowerBound(t) ?? 0;
  const half = SHOWN / 2;
  const from = Math.max(0, (Math.floor(passed / half) - 1) * half);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  const lines = useMemo(() => (run === null ? [] : linesOf(run, from)), [run, from, version]);
  const go = (line: ConsoleLine): void => {
    clock.pause();
    clock.seekRecord(line.record);
    const { reveal } = useStore.getState();
    useStore.setState({
      ...(line.packet > 0 ? { packet: line.packet, sideTab: 'inspector' } : {}),
      ...(line.line > 0 ? { reveal: { program: line.program, line: line.line, request: (reveal?.request ?? 0) + 1 } } : {}),
    });
  };
  const total = run?.index.messages.length ?? 0;
  return (
    <div className="scroll fill" data-testid="console">
      {lines.length === 0 ? (
        <EmptyState>Nothing printed. Call bpf_printk("…") in the program; faults show here too.</EmptyState>
      ) : null}
      {total > SHOWN ? (
        <p className="note">
          Lines {from + 1} to {Math.min(total, from + SHOWN)} of {total}, around the cursor.
        </p>
      ) : null}
      <ul className="console">
        {lines.map((line) => (
          <li key={line.record}>
            <button
              type="button"
              className={`console-line ${line.kind}${line.record < position ? '' : ' ahead'}`}
              onClick={() => go(line)}
            >
              <span className="mono muted">{momentText(line.t)}</span>
              <span className="mono muted">{line.packet > 0 ? `#${line.packet}` : ''}</span>
              <span className="mono">
                {line.kind === 'print' ? '' : `${line.kind}: `}
                {line.text}
              </span>
              <span className="muted">{line.line > 0 ? `line ${line.line}` : ''}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
