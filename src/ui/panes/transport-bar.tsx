// Play, step, speed and time. What the buttons do is the clock's.

import type { ReactNode } from 'react';
import { SPEED_STEPS, sliderToSpeed, speedLabel, speedToSlider } from '../drawings/scales.ts';
import { momentText } from '../store/biography.ts';
import { stopEngine } from '../store/engine-bridge.ts';
import { clock, useStore } from '../store/store.ts';

interface ButtonProps {
  readonly name: string;
  readonly keys: string;
  readonly testId: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
  readonly primary?: boolean;
}

function TransportButton({ name, keys, testId, onClick, children, primary = false }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      className={primary ? 'transport-button primary' : 'transport-button'}
      aria-label={name}
      title={`${name} (${keys})`}
      data-testid={testId}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

const Glyph = ({ d }: { readonly d: string }): ReactNode => (
  <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d={d} fill="currentColor" />
  </svg>
);

const GLYPHS = {
  start: 'M3 3h2v10H3zM13 3v10L6 8z',
  back: 'M11 3v10L4 8zM12 3h1.6v10H12z',
  play: 'M4 2.5v11L13.5 8z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  forward: 'M5 3v10l7-5zM2.4 3H4v10H2.4z',
  end: 'M11 3h2v10h-2zM3 3v10l7-5z',
  stop: 'M4 4h8v8H4z',
} as const;

function SpeedSlider(): ReactNode {
  const speed = useStore((state) => state.readout.speed);
  return (
    <label className="speed" title="Slower [   faster ]">
      <span className="speed-label" data-testid="speed-label">
        {speedLabel(speed)}
      </span>
      <input
        type="range"
        min={0}
        max={SPEED_STEPS}
        value={speedToSlider(speed)}
        aria-label="Speed"
        aria-valuetext={speedLabel(speed)}
        data-testid="speed"
        onChange={(event) => clock.setSpeed(sliderToSpeed(Number(event.target.value)))}
      />
    </label>
  );
}

/** Time, and which step and record of how many. */
function TimeReadout(): ReactNode {
  const { t, step } = useStore((state) => state.readout);
  const run = useStore((state) => state.run);
  const state = useStore((state) => state.runState);
  useStore((state) => state.runVersion);
  const steps = run?.log.steps ?? 0;
  const known = run === null ? 0 : Math.min(100, Math.floor((run.knownNs / Math.max(1, run.durationNs)) * 100));
  return (
    <span className="readout">
      <output className="time" data-testid="time">
        t = {momentText(t)}
      </output>
      <span className="muted" data-testid="steps" title="event of how many known">
        event {step + 1} / {steps}
        {state === 'running' && known < 100 ? ` · ${known} % computed` : ''}
      </span>
    </span>
  );
}

export function TransportBar(): ReactNode {
  const playing = useStore((state) => state.readout.playing);
  const run = useStore((state) => state.run);
  const state = useStore((state) => state.runState);
  const building = useStore((state) => state.state === 'building');
  return (
    <div className="transport" role="toolbar" aria-label="Transport">
      <TransportButton name="To the start" keys="Home" testId="to-start" onClick={() => clock.seekStep(-1)}>
        <Glyph d={GLYPHS.start} />
      </TransportButton>
      <TransportButton name="One event back" keys="←" testId="step-back" onClick={() => clock.stepBy(-1)}>
        <Glyph d={GLYPHS.back} />
      </TransportButton>
      <TransportButton name={playing ? 'Pause' : 'Play'} keys="Space" testId="play" onClick={() => clock.toggle()} primary>
        <Glyph d={playing ? GLYPHS.pause : GLYPHS.play} />
      </TransportButton>
      <TransportButton name="One event forward" keys="→" testId="step-forward" onClick={() => clock.stepBy(1)}>
        <Glyph d={GLYPHS.forward} />
      </TransportButton>
      <TransportButton name="To the end" keys="End" testId="to-end" onClick={() => clock.seekTime(run?.knownNs ?? 0)}>
        <Glyph d={GLYPHS.end} />
      </TransportButton>
      <SpeedSlider />
      <TimeReadout />
      {state === 'running' || state === 'starting' || building ? (
        <TransportButton name="Stop computing" keys="button" testId="stop" onClick={() => void stopEngine()}>
          <Glyph d={GLYPHS.stop} />
        </TransportButton>
      ) : null}
    </div>
  );
}
