// The traffic: the link, the flows, the seed, as fields; and the whole scenario as JSON. Each change runs at once, from the
// moment that is looked at.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { parseRate, parseSize, parseTime } from '../../engine/base/quantity.ts';
import type { Scenario, ScenarioFlow } from '../../engine/sim/scenario.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { QuantityField } from '../components/quantity-field.tsx';
import { checkScenarioText } from '../store/engine-bridge.ts';
import { changeScenario } from '../store/open-document.ts';
import { say, useStore } from '../store/store.ts';
import { FlowIcon } from './inspector-pane.tsx';
import { ProgramSettings } from './program-settings.tsx';

const isRate = (text: string): boolean => (parseRate(text) ?? 0) > 0;
const isTime = (text: string): boolean => parseTime(text) !== null;
const isSize = (text: string): boolean =>
  text.split(',').every((part) => {
    const bytes = parseSize(part.trim()) ?? 0;
    return bytes >= 42 && bytes <= 65_535;
  });
const isCount = (most: number) => (text: string) => /^\d+$/.test(text) && Number(text) <= most;

const RATE_HINT = 'a rate, such as 10mbit';
const TIME_HINT = 'a time, such as 5ms';
const SIZE_HINT = 'sizes from 42b to 65535b, such as 1514b or 590b, 1514b';

/** The flow with a field set, or removed when the text is empty. */
function withField(flow: ScenarioFlow, key: keyof ScenarioFlow, value: string | number | readonly string[]): ScenarioFlow {
  const { [key]: _old, ...rest } = flow;
  return (value === '' ? rest : { ...rest, [key]: value }) as ScenarioFlow;
}

/** Another kind of flow needs other fields; what fits is kept. */
function withKind(flow: ScenarioFlow, kind: ScenarioFlow['kind']): ScenarioFlow {
  const { rate, count, interval, ...rest } = flow;
  return kind === 'burst'
    ? { ...rest, kind, count: count ?? 10, interval: interval ?? '50ms' }
    : { ...rest, kind, rate: rate ?? '1mbit' };
}

interface FlowProps {
  readonly flow: ScenarioFlow;
  readonly index: number;
  readonly onChange: (flow: ScenarioFlow) => void;
  readonly onRemove: () => void;
}

function FlowCard({ flow, index, onChange, onRemove }: FlowProps): ReactNode {
  const text = (
    key: 'rate' | 'interval' | 'start' | 'stop' | 'tstamp',
    label: string,
    check: (text: string) => boolean,
    hint: string,
    optional = false,
  ): ReactNode => (
    <QuantityField
      label={label}
      value={flow[key] ?? ''}
      check={check}
      hint={hint}
      optional={optional}
      onCommit={(value) => onChange(withField(flow, key, value))}
    />
  );
  const number = (key: 'prio' | 'mark' | 'dscp' | 'count', label: string, most: number): ReactNode => (
    <QuantityField
      label={label}
      value={flow[key] === undefined ? '' : String(flow[key])}
      check={isCount(most)}
      hint={`a whole number up to ${most}`}
      optional={key !== 'count'}
      onCommit={(value) => onChange(withField(flow, key, value === '' ? '' : Number(value)))}
    />
  );
  return (
    <fieldset className="flow-card" data-testid="flow-card">
      <legend>
        <FlowIcon flow={index} /> {flow.name}
      </legend>
      <div className="grid">
        <label className="field">
          <span>kind</span>
          <select value={flow.kind} onChange={(event) => onChange(withKind(flow, event.target.value as ScenarioFlow['kind']))}>
            <option value="constant">constant</option>
            <option value="poisson">poisson</option>
            <option value="burst">burst</option>
          </select>
        </label>
        {flow.kind === 'burst' ? (
          <>
            {number('count', 'packets', 10_000)}
            {text('interval', 'every', isTime, TIME_HINT)}
          </>
        ) : (
          text('rate', 'rate', isRate, RATE_HINT)
        )}
        <QuantityField
          label="size"
          value={[flow.size].flat().join(', ')}
          check={isSize}
          hint={SIZE_HINT}
          onCommit={(value) => {
            const sizes = value.split(',').map((part) => part.trim());
            onChange(withField(flow, 'size', sizes.length === 1 ? (sizes[0] ?? '') : sizes));
          }}
        />
        {number('prio', 'priority', 0xffffffff)}
        {number('mark', 'mark', 0xffffffff)}
        {number('dscp', 'DSCP', 63)}
        {text('tstamp', 'paced at', isRate, RATE_HINT, true)}
        {text('start', 'from', isTime, TIME_HINT, true)}
        {text('stop', 'until', isTime, TIME_HINT, true)}
      </div>
      <button type="button" className="linklike" onClick={onRemove}>
        Remove {flow.name}
      </button>
    </fieldset>
  );
}

function freshName(flows: readonly ScenarioFlow[]): string {
  for (let number = flows.length + 1; ; number++) if (!flows.some((flow) => flow.name === `f${number}`)) return `f${number}`;
}

/** The scenario as JSON, applied when it is whole and right. */
function JsonEditor({ scenario }: { readonly scenario: Scenario }): ReactNode {
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<readonly string[]>([]);
  const touched = useRef(false);
  useEffect(() => {
    if (!touched.current) setText(JSON.stringify(scenario, null, 2));
  }, [scenario]);
  const apply = async (): Promise<void> => {
    const answer = await checkScenarioText(text);
    setProblems(answer.problems.map((item) => item.message));
    if (answer.scenario === null) return;
    touched.current = false;
    changeScenario(answer.scenario);
    say('Scenario applied.');
  };
  return (
    <div className="json">
      <textarea
        className="json-text"
        rows={16}
        spellCheck={false}
        value={text}
        aria-label="Scenario as JSON"
        data-testid="scenario-json"
        onChange={(event) => {
          touched.current = true;
          setText(event.target.value);
        }}
      />
      {problems.length > 0 ? (
        <ul className="json-problems" role="alert">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : null}
      <button type="button" className="button" data-testid="apply-json" onClick={() => void apply()}>
        Apply
      </button>
    </div>
  );
}

export function TrafficPane(): ReactNode {
  const scenario = useStore((state) => state.scenario);
  const [json, setJson] = useState(false);
  if (scenario === null) return <EmptyState>No scenario is open.</EmptyState>;
  const device = scenario.devices[0];
  const { flows } = scenario;
  const setFlow = (index: number, flow: ScenarioFlow): void =>
    changeScenario({ ...scenario, flows: flows.map((old, i) => (i === index ? flow : old)) });
  const addFlow = (): void =>
    changeScenario({ ...scenario, flows: [...flows, { name: freshName(flows), kind: 'poisson', rate: '1mbit', size: '1514b' }] });
  return (
    <div className="traffic" data-testid="traffic">
      <div className="row spread">
        <h2>Traffic</h2>
        <button
          type="button"
          className="button small"
          aria-pressed={json}
          data-testid="json-toggle"
          onClick={() => setJson(!json)}
        >
          {json ? 'Fields' : 'JSON'}
        </button>
      </div>
      {json ? (
        <JsonEditor scenario={scenario} />
      ) : (
        <>
          <div className="grid">
            {device === undefined ? null : (
              <QuantityField
                label={`${device.name} rate`}
                value={device.rate}
                check={isRate}
                hint={RATE_HINT}
                testId="link-rate"
                onCommit={(rate) =>
                  changeScenario({
                    ...scenario,
                    devices: scenario.devices.map((item, i) => (i === 0 ? { ...item, rate } : item)),
                  })
                }
              />
            )}
            <QuantityField
              label="duration"
              value={scenario.duration}
              check={isTime}
              hint={TIME_HINT}
              onCommit={(duration) => changeScenario({ ...scenario, duration })}
            />
            <QuantityField
              label="seed"
              value={String(scenario.seed)}
              check={isCount(Number.MAX_SAFE_INTEGER)}
              hint="a whole number"
              testId="seed"
              onCommit={(seed) => changeScenario({ ...scenario, seed: Number(seed) })}
            />
            <button
              type="button"
              className="button small align-end"
              data-testid="reseed"
              onClick={() => changeScenario({ ...scenario, seed: scenario.seed + 1 })}
            >
              Re-seed
            </button>
          </div>
          {flows.map((flow, index) => (
            <FlowCard
              key={flow.name}
              flow={flow}
              index={index}
              onChange={(next) => setFlow(index, next)}
              onRemove={() => changeScenario({ ...scenario, flows: flows.filter((_, i) => i !== index) })}
            />
          ))}
          <button type="button" className="button" data-testid="add-flow" onClick={addFlow}>
            Add a flow
          </button>
          <ProgramSettings scenario={scenario} />
          <h2>tc</h2>
          <pre className="tc">{scenario.tc.join('\n')}</pre>
        </>
      )}
    </div>
  );
}
