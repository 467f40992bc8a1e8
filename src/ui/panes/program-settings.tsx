// What a scenario says about its programs besides their text: knobs (`const volatile` globals), profile, and quirks of the
// posted code. Each change runs at once.

import { type ReactNode, useRef, useState } from 'react';
import { PROFILE_IDS, QUIRK_IDS } from '../../engine/abi/profile.ts';
import type { Scenario, ScenarioProgram } from '../../engine/sim/scenario.ts';
import { QuantityField } from '../components/quantity-field.tsx';
import { changeScenario } from '../store/open-document.ts';
import { useStore } from '../store/store.ts';
import { useMoment } from './use-moment.ts';

const isNumber = (text: string): boolean => /^-?(0x[0-9a-f]+|\d+)$/i.test(text);
const quirksIn = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== '');
const areQuirks = (text: string): boolean => quirksIn(text).every((name) => QUIRK_IDS.some((id) => id === name));

interface Knob {
  readonly name: string;
  readonly value: string;
}

/** Numbers in the read-only data of a program's maps at the moment: its knobs and their values. */
function knobsOf(
  program: string,
  report: ReturnType<typeof useMoment>,
  run: ReturnType<typeof useStore.getState>['run'],
): Knob[] {
  const qdiscs = run?.info?.qdiscs.filter((item) => item.program === program).map((item) => item.index) ?? [];
  const own =
    run?.info?.maps.filter((map) => qdiscs.includes(map.qdisc) && map.name.endsWith('.rodata')).map((map) => map.index) ?? [];
  const maps = report !== null && report.runId === run?.runId ? report.maps : [];
  return maps
    .filter((map) => own.includes(map.index))
    .flatMap((map) => map.entries)
    .filter((entry) => /^[A-Za-z_]\w*$/.test(entry.key) && isNumber(entry.value))
    .map((entry) => ({ name: entry.key, value: entry.value }));
}

function setProgram(scenario: Scenario, name: string, program: ScenarioProgram): void {
  changeScenario({ ...scenario, programs: { ...scenario.programs, [name]: program } });
}

function withoutKey<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _dropped, ...rest } = value;
  return rest;
}

/** A drag commits this long after the last move (ms). */
const DRAG_PAUSE = 160;

/** A knob as a slider and a number: learn by dragging, then by typing. */
function KnobField({ knob, onCommit }: { readonly knob: Knob; readonly onCommit: (value: number) => void }): ReactNode {
  const value = Number(knob.value);
  // The slider's range is taken from the first value, so that it does not move under the hand.
  const [most] = useState(() => Math.max(8, Math.abs(value) * 4));
  const [dragged, setDragged] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const drag = (next: number): void => {
    setDragged(next);
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setDragged(null);
      onCommit(next);
    }, DRAG_PAUSE);
  };
  return (
    <div className="knob">
      <QuantityField
        label={knob.name}
        value={String(dragged ?? value)}
        check={isNumber}
        hint="a whole number"
        testId={`knob-${knob.name}`}
        onCommit={(text) => onCommit(Number(text))}
      />
      <input
        type="range"
        min={0}
        max={most}
        value={dragged ?? value}
        aria-label={`${knob.name}, slider`}
        data-testid={`knob-slider-${knob.name}`}
        onChange={(event) => drag(Number(event.target.value))}
      />
    </div>
  );
}

function ProgramCard({
  scenario,
  name,
  program,
}: {
  readonly scenario: Scenario;
  readonly name: string;
  readonly program: ScenarioProgram;
}): ReactNode {
  const report = useMoment();
  const run = useStore((state) => state.run);
  const knobs = knobsOf(name, report, run);
  const quirks = program.quirks ?? [];
  return (
    <fieldset className="flow-card" data-testid="program-card">
      <legend>{name}.bpf.c</legend>
      <div className="grid">
        {knobs.map((knob) => (
          <KnobField
            key={knob.name}
            knob={{ ...knob, value: String(program.set?.[knob.name] ?? knob.value) }}
            onCommit={(value) => setProgram(scenario, name, { ...program, set: { ...program.set, [knob.name]: value } })}
          />
        ))}
        <label className="field">
          <span>profile</span>
          <select
            value={program.profile ?? ''}
            onChange={(event) => {
              const chosen = PROFILE_IDS.find((id) => id === event.target.value);
              const rest = withoutKey(program, 'profile');
              setProgram(scenario, name, chosen === undefined ? rest : { ...rest, profile: chosen });
            }}
          >
            <option value="">by the file</option>
            {PROFILE_IDS.map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <QuantityField
          label="quirks as posted"
          value={quirks.join(', ')}
          check={areQuirks}
          hint="names such as Q1, Q3 (specification, section 12)"
          optional
          testId="quirks-field"
          onCommit={(text) => {
            const chosen = QUIRK_IDS.filter((id) => quirksIn(text).includes(id));
            const rest = withoutKey(program, 'quirks');
            setProgram(scenario, name, chosen.length === 0 ? rest : { ...rest, quirks: [...chosen] });
          }}
        />
      </div>
    </fieldset>
  );
}

export function ProgramSettings({ scenario }: { readonly scenario: Scenario }): ReactNode {
  return (
    <>
      <h2>Programs</h2>
      {Object.entries(scenario.programs).map(([name, program]) => (
        <ProgramCard key={name} scenario={scenario} name={name} program={program} />
      ))}
    </>
  );
}
