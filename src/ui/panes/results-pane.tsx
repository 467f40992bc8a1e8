// What came of the run: a table by flow, Jain's index, the backlog over time; and the run that was kept beside it.

import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { formatRate } from '../../engine/base/quantity.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { drawBacklog, type Series } from '../drawings/charts.ts';
import { momentText } from '../store/biography.ts';
import { type FlowResult, type RunResults, resultsOf } from '../store/results.ts';
import type { RunData } from '../store/run-data.ts';
import type { KeptRun } from '../store/run-slice.ts';
import { themeOf } from '../store/selectors.ts';
import { clock, say, useStore } from '../store/store.ts';
import { FlowIcon } from './inspector-pane.tsx';

/** While the log grows, results are taken anew each time it is half as long again: the page must stay quick. */
const growthStep = (run: RunData | null): number => (run === null ? 0 : Math.floor(Math.log2(run.packets.last + 1) / 0.585));

const seriesOf = (run: RunData): Series => ({
  times: run.index.backlogTimes.times.subarray(0, run.index.backlogTimes.length),
  values: run.index.backlog,
});

function keep(run: RunData, results: RunResults): void {
  const { times, values } = seriesOf(run);
  const kept: KeptRun = {
    title: useStore.getState().scenario?.title ?? '',
    results,
    backlogTimes: times.slice(),
    backlog: Float64Array.from(values),
    durationNs: run.durationNs,
  };
  useStore.setState({ kept });
  say('Kept as A. Change the program, the traffic or the preset: the next run stands beside it as B.');
}

const time = (value: number | null): string => (value === null ? '–' : momentText(Number(value.toPrecision(3))));

/** A figure, with the kept run's under it and the difference. */
function Cell({
  now,
  was,
  show,
  better,
}: {
  readonly now: number | null;
  readonly was: number | null | undefined;
  readonly show: (value: number | null) => string;
  readonly better: 'less' | 'more';
}): ReactNode {
  if (was === undefined) return <td>{show(now)}</td>;
  const change = now === null || was === null ? 0 : now - was;
  const verdict = change === 0 ? 'same' : change < 0 === (better === 'less') ? 'better' : 'worse';
  return (
    <td>
      <span className="b">{show(now)}</span>
      <span className="a">{show(was)}</span>
      <span className={`delta ${verdict}`}>
        {change === 0 ? '=' : `${change < 0 ? '−' : '+'}${show(Math.abs(change))} ${verdict}`}
      </span>
    </td>
  );
}

const count = (value: number | null): string => (value === null ? '–' : String(value));

function Row({
  flow,
  kept,
  seconds,
}: {
  readonly flow: FlowResult;
  readonly kept: FlowResult | undefined;
  readonly seconds: number;
}): ReactNode {
  const rate = (value: number | null): string =>
    value === null ? '–' : formatRate(Math.round((value * 8) / seconds / 1000) * 1000);
  return (
    <tr>
      <th scope="row">
        {flow.flow < 0 ? null : <FlowIcon flow={flow.flow} />} {flow.name}
      </th>
      <Cell now={flow.sent} was={kept?.sent} show={count} better="more" />
      <Cell now={flow.sentBytes} was={kept?.sentBytes} show={rate} better="more" />
      <Cell now={flow.dropped} was={kept?.dropped} show={count} better="less" />
      <td className="reasons">{flow.reasons.map(({ reason, count: n }) => `${reason} ${n}`).join(', ') || '–'}</td>
      <Cell now={flow.p50} was={kept?.p50} show={time} better="less" />
      <Cell now={flow.p99} was={kept?.p99} show={time} better="less" />
    </tr>
  );
}

function BacklogPlot({
  run,
  version,
  kept,
}: {
  readonly run: RunData;
  readonly version: number;
  readonly kept: KeptRun | null;
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(400);
  const dark = useStore((state) => state.dark);
  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (element === null || element === undefined) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(80, entry?.contentRect.width ?? 400)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  useEffect(() => {
    const element = canvas.current;
    const surface = element?.getContext('2d') ?? null;
    if (element === null || surface === null) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    element.width = Math.round(width * ratio);
    element.height = Math.round(90 * ratio);
    surface.setTransform(ratio, 0, 0, ratio, 0, 0);
    const a = kept === null ? null : { times: kept.backlogTimes, values: kept.backlog };
    drawBacklog(surface, width, 90, run.durationNs, seriesOf(run), a, themeOf({ dark }));
  }, [run, version, kept, width, dark]);
  const seek = (event: React.MouseEvent): void => {
    const bounds = canvas.current?.getBoundingClientRect();
    if (bounds === undefined) return;
    clock.pause();
    clock.seekTime(((event.clientX - bounds.left) / bounds.width) * run.durationNs);
  };
  return (
    <figure className="plot">
      <figcaption className="muted">Packets in the queue over the run{kept === null ? '' : '; A dashed, B solid'}</figcaption>
      <canvas
        ref={canvas}
        style={{ width: '100%', height: 90 }}
        onClick={seek}
        role="img"
        aria-label={`Backlog over time, at most ${run.index.highestBacklog} packets`}
      />
    </figure>
  );
}

export function ResultsPane(): ReactNode {
  const run = useStore((state) => state.run);
  const version = useStore((state) => state.runVersion);
  const kept = useStore((state) => state.kept);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its version says when
  const results = useMemo(() => (run === null ? null : resultsOf(run)), [run, run?.done === true ? version : growthStep(run)]);
  if (run === null || results === null) return <EmptyState>Results stand here once a run begins.</EmptyState>;
  const seconds = Math.max(1e-9, results.untilNs / 1e9);
  const old = (flow: FlowResult): FlowResult | undefined =>
    flow.flow < 0 ? kept?.results.total : kept?.results.flows.find((item) => item.name === flow.name);
  return (
    <div className="scroll fill results" data-testid="results">
      <div className="row spread">
        <p className="muted">
          {kept === null ? 'Whole run' : `B over A (${kept.title})`},{' '}
          {run.done ? momentText(results.untilNs) : `${momentText(results.untilNs)} computed so far`} · Jain's index of sent bytes{' '}
          <strong data-testid="jain">{results.jain === null ? '–' : results.jain.toFixed(3)}</strong>
          {kept === null ? '' : ` (A ${kept.results.jain === null ? '–' : kept.results.jain.toFixed(3)})`}
        </p>
        <span className="row">
          <button type="button" className="button small" data-testid="keep-run" onClick={() => keep(run, results)}>
            Keep this run
          </button>
          {kept === null ? null : (
            <button type="button" className="button small" onClick={() => useStore.setState({ kept: null })}>
              Forget A
            </button>
          )}
        </span>
      </div>
      <table className="figures">
        <thead>
          <tr>
            <th scope="col">flow</th>
            <th scope="col">sent</th>
            <th scope="col">rate</th>
            <th scope="col">dropped</th>
            <th scope="col">reasons</th>
            <th scope="col">p50 wait</th>
            <th scope="col">p99 wait</th>
          </tr>
        </thead>
        <tbody>
          {[...results.flows, results.total].map((flow) => (
            <Row key={flow.flow} flow={flow} kept={kept === null ? undefined : old(flow)} seconds={seconds} />
          ))}
        </tbody>
      </table>
      <BacklogPlot run={run} version={version} kept={kept} />
    </div>
  );
}
