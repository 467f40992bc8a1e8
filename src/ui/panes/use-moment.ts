// The worker's answer about the moment that is looked at: asked for when the clock stands still, shared by the panes that
// show values.

import { useEffect, useState } from 'react';
import type { MomentReport } from '../../worker/api.ts';
import { inspectMoment } from '../store/engine-bridge.ts';
import { useStore } from '../store/store.ts';

/** The latest answer, or null when there is none; while playing the last one stays. */
export function useMoment(): MomentReport | null {
  const run = useStore((state) => state.run);
  const position = useStore((state) => state.readout.position);
  const playing = useStore((state) => state.readout.playing);
  const packet = useStore((state) => state.packet);
  const [report, setReport] = useState<MomentReport | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new position is a new moment
  useEffect(() => {
    if (run === null || playing) return;
    let current = true;
    const timer = setTimeout(() => {
      void inspectMoment(packet).then((answer) => {
        if (current) setReport(answer);
      });
    }, 120);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [run, position, playing, packet]);
  return report;
}
