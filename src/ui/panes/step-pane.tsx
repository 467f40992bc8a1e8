// The debugger: one run of a program, instruction by instruction or C line by C line, both ways; local variables, registers, stack, watches.

import { type FormEvent, type ReactNode, useState } from 'react';
import { EmptyState } from '../components/empty-state.tsx';
import { momentText } from '../store/biography.ts';
import type { StepMove } from '../store/step-moves.ts';
import type { Stepping } from '../store/step-slice.ts';
import {
  chooseRun,
  endStepping,
  programOf,
  stepLine,
  stepMove,
  stepTo,
  stepToBreakpoint,
  stepToRun,
  watch,
} from '../store/stepping.ts';
import { useStore } from '../store/store.ts';
import { Locals } from './step-locals.tsx';

/** Instructions shown around the one that comes next. */
const AROUND = 4;

const MOVES: readonly { readonly move: StepMove; readonly direction: 1 | -1; readonly sign: string; readonly title: string }[] = [
  { move: 'over', direction: -1, sign: '↶ line', title: 'Back one C line, over calls (Shift+F10)' },
  { move: 'insn', direction: -1, sign: '◂ insn', title: 'Back one instruction' },
  { move: 'insn', direction: 1, sign: 'insn ▸', title: 'One instruction' },
  { move: 'over', direction: 1, sign: 'line ↷', title: 'One C line, over calls (F10)' },
  { move: 'line', direction: 1, sign: 'into ↓', title: 'One C line, into calls (F11)' },
  { move: 'out', direction: 1, sign: 'out ↑', title: 'To the end of the function (Shift+F11)' },
];

function Toolbar(): ReactNode {
  const searching = useStore((state) => state.searching);
  return (
    <div className="step-bar" role="toolbar" aria-label="Step">
      {MOVES.map(({ move, direction, sign, title }) => (
        <button key={sign} type="button" className="button small" title={title} onClick={() => void stepMove(move, direction)}>
          {sign}
        </button>
      ))}
      <button
        type="button"
        className="button small"
        title="Back to the previous breakpoint (Shift+F5)"
        onClick={() => void stepToBreakpoint(-1)}
      >
        ◂ ●
      </button>
      <button
        type="button"
        className="button small"
        title="On to the next breakpoint (F5)"
        onClick={() => void stepToBreakpoint(1)}
      >
        {searching ? 'searching … stop' : '● ▸'}
      </button>
    </div>
  );
}

function Instructions({ stepping }: { readonly stepping: Stepping }): ReactNode {
  const run = useStore((state) => state.run);
  const executed = stepping.runs[stepping.run];
  const program = programOf(run, executed);
  if (executed === undefined || program === null) return null;
  const from = Math.max(0, Math.min(stepping.at - AROUND, executed.slots.length - 2 * AROUND - 1));
  const places = Array.from({ length: Math.min(2 * AROUND + 1, executed.slots.length) }, (_, i) => from + i);
  return (
    <ol className="step-listing" aria-label="Instructions as they ran">
      {places.map((at) => {
        const slot = executed.slots[at] ?? 0;
        const now = at === stepping.at;
        return (
          <li
            key={at}
            aria-current={now ? 'step' : undefined}
            style={{ paddingInlineStart: `${(executed.depths[at] ?? 0) * 12}px` }}
          >
            <button type="button" className={now ? 'insn now' : 'insn'} onClick={() => stepTo(at)}>
              <span className="slot">{slot}</span> {program.assembly[slot]}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** Sixteen digits without the leading zeros. */
const short = (digits: string): string => `0x${digits.replace(/^0+(?=.)/, '')}`;
const decimal = (digits: string): string => BigInt.asIntN(64, BigInt(`0x${digits}`)).toString();

function Registers({ stepping }: { readonly stepping: Stepping }): ReactNode {
  const { machine, before } = stepping;
  if (machine === null) return <p className="muted">…</p>;
  return (
    <table className="entries registers" aria-label="Registers">
      <tbody>
        {machine.registers.map((digits, register) => {
          const changed = before !== null && before.registers[register] !== digits;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a register's number is its identity
            <tr key={register} className={changed ? 'changed' : undefined}>
              <th scope="row" className="mono">
                r{register}
              </th>
              <td className="mono">{short(digits)}</td>
              <td className="mono muted">{decimal(digits)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Stack({ stepping }: { readonly stepping: Stepping }): ReactNode {
  const frames = stepping.machine?.stack ?? [];
  return frames.toReversed().map(({ depth, words }) => (
    <details key={depth} className="map" open={depth === frames.length - 1}>
      <summary>
        <span className="mono">stack {depth === 0 ? 'of the program' : `of call ${depth}`}</span>{' '}
        <span className="muted">{words.length === 0 ? 'all zero' : `${words.length} words that are not zero`}</span>
      </summary>
      <table className="entries">
        <tbody>
          {words.map(({ place, value }) => (
            <tr key={place}>
              <th scope="row" className="mono">
                {place}
              </th>
              <td className="mono">{short(value)}</td>
              <td className="mono muted">{decimal(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  ));
}

function Watches({ stepping }: { readonly stepping: Stepping }): ReactNode {
  const watches = useStore((state) => state.watches);
  const [text, setText] = useState('');
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') watch(text.trim(), true);
    setText('');
  };
  return (
    <section aria-label="Watches">
      <h3>Watch</h3>
      <dl className="fields watches">
        {watches.map((item, i) => (
          <div key={item}>
            <dt className="mono">
              {item}{' '}
              <button
                type="button"
                className="icon-button"
                aria-label={`Stop watching ${item}`}
                onClick={() => watch(item, false)}
              >
                ✕
              </button>
            </dt>
            <dd className="mono">{stepping.machine?.watches[i] ?? ''}</dd>
          </div>
        ))}
      </dl>
      <form className="row" onSubmit={add}>
        <input
          className="watch-text mono"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="flow->deficit, r1, *r6:16, *(fp-8), a map"
          aria-label="Expression to watch"
        />
        <button type="submit" className="button small">
          Add
        </button>
      </form>
    </section>
  );
}

function Place({ stepping }: { readonly stepping: Stepping }): ReactNode {
  const run = useStore((state) => state.run);
  const place = useStore((state) => stepLine(state)?.line ?? 0);
  const executed = stepping.runs[stepping.run];
  const qdisc = run?.qdisc(executed?.qdisc ?? 0);
  const text = useStore((state) => state.texts[qdisc?.program ?? '']?.split('\n')[place - 1] ?? '');
  if (executed === undefined || run === null) return null;
  const t = run.log.time(run.log.stepStart(stepping.step - 1));
  return (
    <>
      <div className="row">
        <select
          value={stepping.run}
          aria-label="Run of a program in this step"
          onChange={(event) => chooseRun(Number(event.target.value))}
        >
          {stepping.runs.map((item, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a run's number is its identity
            <option key={i} value={i}>
              {item.program} of {run.qdisc(item.qdisc)?.handle ?? ''}
            </option>
          ))}
        </select>
        <span className="muted" data-testid="step-place">
          insn {stepping.at + 1} of {executed.executed} · {momentText(t)}
        </span>
        <button type="button" className="icon-button" aria-label="Close the debugger" onClick={endStepping}>
          ✕
        </button>
      </div>
      <p className="step-line mono" data-testid="step-line">
        {place > 0 ? `${place}: ${text.trim()}` : 'no C line is known here'}
      </p>
    </>
  );
}

export function StepPane(): ReactNode {
  const run = useStore((state) => state.run);
  const stepping = useStore((state) => state.stepping);
  const stale = useStore((state) => state.stale);
  if (stepping === null || run === null || stepping.runId !== run.runId) {
    return (
      <EmptyState>
        Step through what a program did, forwards and backwards: variables, registers, stack and C line before every instruction.{' '}
        <button type="button" className="button" data-testid="step-next" onClick={() => void stepToRun(1)}>
          Step through the next run
        </button>
      </EmptyState>
    );
  }
  return (
    <div className="inspector step-pane" data-testid="step-pane">
      <Place stepping={stepping} />
      {stale ? <p className="note">The text has changed since this run: lines may not be the ones that ran.</p> : null}
      <Toolbar />
      <Instructions stepping={stepping} />
      <Locals machine={stepping.machine} before={stepping.before} />
      <Registers stepping={stepping} />
      <Stack stepping={stepping} />
      <Watches stepping={stepping} />
    </div>
  );
}
