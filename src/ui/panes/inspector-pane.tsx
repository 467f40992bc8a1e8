// One packet's biography, the maps' contents at the moment, and the counters in the words of `tc -s qdisc show`.

import { type ReactNode, useMemo } from 'react';
import type { MomentReport } from '../../worker/api.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { FlowMark } from '../components/flow-mark.tsx';
import { markPathData } from '../drawings/marks.ts';
import { flowColour, flowShape } from '../drawings/palette.ts';
import { type Biography, type BiographyEntry, biographyOf, momentText } from '../store/biography.ts';
import { clock, useStore } from '../store/store.ts';
import { ExecutedLines } from './executed-lines.tsx';
import { useMoment } from './use-moment.ts';

const OVERTAKERS_SHOWN = 24;

export const FlowIcon = ({ flow }: { readonly flow: number }): ReactNode => (
  <FlowMark path={markPathData(flowShape(flow), 5)} colour={flowColour(flow)} />
);

function select(packet: number): void {
  useStore.setState({ packet });
}

function Entry({ entry }: { readonly entry: BiographyEntry }): ReactNode {
  const position = useStore((state) => state.readout.position);
  const go = (): void => {
    clock.pause();
    clock.seekRecord(entry.record);
  };
  const toLine = (): void => {
    const { reveal } = useStore.getState();
    if (entry.program !== null) {
      useStore.setState({
        program: entry.program,
        reveal: { program: entry.program, line: entry.line, request: (reveal?.request ?? 0) + 1 },
        narrowTab: 'code',
      });
    }
  };
  return (
    <li className={`life ${entry.kind}${entry.record < position ? ' past' : ''}`}>
      <button type="button" className="life-head" onClick={go} title="Go to this moment">
        <span className="mono when">{momentText(entry.t)}</span>
        <span>{entry.text}</span>
      </button>
      {entry.line > 0 ? (
        <button type="button" className="linklike" onClick={toLine} data-testid="c-line">
          {entry.program}.bpf.c line {entry.line}
        </button>
      ) : null}
      {entry.kind === 'drop' && entry.program !== null ? <ExecutedLines record={entry.record} program={entry.program} /> : null}
    </li>
  );
}

function Life({ life }: { readonly life: Biography }): ReactNode {
  const run = useStore((state) => state.run);
  return (
    <>
      <h2 className="packet-title" data-testid="biography">
        <FlowIcon flow={life.flow} /> Packet #{life.packet}
        <span className="muted">
          {' '}
          {life.flowName} · {life.bytes} bytes
        </span>
        <button type="button" className="icon-button" aria-label="Deselect the packet" onClick={() => select(0)}>
          ✕
        </button>
      </h2>
      <ol className="lives">
        {life.entries.map((entry) => (
          <Entry key={entry.record} entry={entry} />
        ))}
      </ol>
      <p className="muted">
        {life.waited === null
          ? life.fate === 'alive'
            ? 'Still in the queue when the log ends.'
            : ''
          : `Waited ${momentText(life.waited)} in the queue.`}
      </p>
      <h3>Overtaken by {life.overtakenBy.length === 0 ? 'nobody' : `${life.overtakenBy.length} packets`}</h3>
      <p className="chips" data-testid="overtaken">
        {life.overtakenBy.slice(0, OVERTAKERS_SHOWN).map((packet) => (
          <button key={packet} type="button" className="chip" onClick={() => select(packet)}>
            <FlowIcon flow={run?.packets.flows[packet] ?? 0} />#{packet}
          </button>
        ))}
        {life.overtakenBy.length > OVERTAKERS_SHOWN ? (
          <span className="muted">and {life.overtakenBy.length - OVERTAKERS_SHOWN} more</span>
        ) : null}
      </p>
    </>
  );
}

function Maps({ report }: { readonly report: MomentReport }): ReactNode {
  return report.maps.map((map) => (
    <details key={map.index} className="map" open={map.type !== 'skbmap' && map.entries.length <= 16}>
      <summary>
        <span className="mono">{map.name}</span>{' '}
        <span className="muted">
          {map.type} · {map.used} of {map.maxEntries}
        </span>
      </summary>
      <table className="entries">
        <thead>
          <tr>
            <th scope="col">key</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {map.entries.slice(0, 256).map((entry, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: equal keys stand in the map's own order
            <tr key={i}>
              <td className="mono">{entry.key}</td>
              <td className="mono">{entry.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {map.truncated || map.entries.length > 256 ? (
        <p className="note">The first {Math.min(256, map.entries.length)} entries.</p>
      ) : null}
    </details>
  ));
}

export function InspectorPane(): ReactNode {
  const run = useStore((state) => state.run);
  const version = useStore((state) => state.runVersion);
  const packet = useStore((state) => state.packet);
  const playing = useStore((state) => state.readout.playing);
  const report = useMoment();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  const life = useMemo(() => (run === null ? null : biographyOf(run, packet)), [run, version, packet]);
  const live = report !== null && run !== null && report.runId === run.runId ? report : null;
  return (
    <div className="inspector" data-testid="inspector">
      <section aria-label="Packet">
        {life === null ? (
          <EmptyState>Click a packet anywhere to read its life: key, C line, who overtook it, how it left.</EmptyState>
        ) : (
          <Life life={life} />
        )}
        {live?.packet !== null && live !== null && live.packet.length > 0 ? (
          <dl className="fields">
            {live.packet.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        ) : null}
      </section>
      <section aria-label="Counters" className={playing ? 'dimmed' : undefined}>
        <h2>tc -s qdisc show</h2>
        {live === null ? (
          <EmptyState>{playing ? 'Pause to read the counters.' : 'No run to ask.'}</EmptyState>
        ) : (
          <pre className="tc" data-testid="tc">
            {live.tc.join('\n')}
          </pre>
        )}
        {live === null || live.classes.length === 0 ? null : (
          <>
            <h2>tc -s class show</h2>
            <pre className="tc" data-testid="tc-classes">
              {live.classes.join('\n')}
            </pre>
          </>
        )}
      </section>
      <section aria-label="Maps" className={playing ? 'dimmed' : undefined}>
        <h2>Maps at this moment</h2>
        {live === null ? null : <Maps report={live} />}
      </section>
    </div>
  );
}
