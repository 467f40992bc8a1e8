// Local variables of the debugger's place, call by call, the innermost first and open; inlined calls are calls like others.

import type { ReactNode } from 'react';
import type { LocalsOfCall, MachineReport } from '../../worker/api.ts';

type Local = LocalsOfCall['locals'][number];

/** Identity of a variable from one instruction to the next. */
const keyOf = (call: LocalsOfCall, local: Local): string =>
  `${call.depth} ${call.name} ${call.calledFrom} ${local.name}:${local.line}`;

function title({ name, isInlined, calledFrom }: LocalsOfCall): string {
  if (!isInlined) return name;
  return calledFrom > 0 ? `${name}, inlined at line ${calledFrom}` : `${name}, inlined`;
}

function Call({
  call,
  old,
  open,
}: {
  readonly call: LocalsOfCall;
  readonly old: ReadonlyMap<string, string>;
  readonly open: boolean;
}): ReactNode {
  return (
    <details className="map locals" open={open}>
      <summary>
        <span className="mono">{title(call)}</span>{' '}
        <span className="muted">{call.locals.length === 0 ? 'no variables' : `${call.locals.length} variables`}</span>
      </summary>
      <table className="entries">
        <tbody>
          {call.locals.map((local) => {
            const key = keyOf(call, local);
            const before = old.get(key);
            const changed = local.state === 'shown' && before !== undefined && before !== local.value;
            return (
              <tr key={key} className={changed ? 'changed' : undefined}>
                <th scope="row" className="mono" title={`${local.type}, declared in line ${local.line}`}>
                  {local.name}
                </th>
                <td className={local.state === 'shown' ? 'mono' : 'muted'}>{local.value}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}

/** The variables at a place; those that differ from the place shown before are marked. */
export function Locals({
  machine,
  before,
}: {
  readonly machine: MachineReport | null;
  readonly before: MachineReport | null;
}): ReactNode {
  if (machine === null) return null;
  const old = new Map(
    (before?.locals ?? []).flatMap((call) => call.locals.map((local) => [keyOf(call, local), local.value] as const)),
  );
  return (
    <section aria-label="Locals" data-testid="step-locals">
      <h3>Locals</h3>
      {machine.locals.length === 0 ? (
        <p className="muted">The object does not tell of its variables: it comes from another compiler.</p>
      ) : null}
      {machine.locals.map((call, i) => (
        <Call key={`${call.depth} ${call.name} ${call.calledFrom}`} call={call} old={old} open={i === 0} />
      ))}
    </section>
  );
}
