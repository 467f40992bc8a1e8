// Derivations that panes share, memoised by what they depend on. No React.

import { formatRate } from '../../engine/base/quantity.ts';
import { DARK_THEME, type DrawingTheme, LIGHT_THEME } from '../drawings/palette.ts';
import type { SceneShape } from '../drawings/scene-layout.ts';
import type { RunData } from './run-data.ts';
import type { State } from './store.ts';

export const themeOf = (state: Pick<State, 'dark'>): DrawingTheme => (state.dark ? DARK_THEME : LIGHT_THEME);

/** Maps of the run that hold packets: the containers of the scene. */
export function sceneShape(run: RunData | null, folded: readonly number[]): SceneShape {
  const info = run?.info ?? null;
  const queues = info?.maps.filter((map) => map.type === 'skbmap') ?? [];
  const several = (info?.qdiscs.length ?? 0) > 1;
  return {
    flows: info?.flows.map((flow) => flow.name) ?? [],
    containers: queues.map((map) => {
      const qdisc = info?.qdiscs.find((item) => item.index === map.qdisc);
      return {
        map: map.index,
        title: several && qdisc !== undefined ? `${qdisc.handle} ${map.name}` : map.name,
        maxEntries: map.maxEntries,
        collapsed: folded.includes(map.index),
      };
    }),
    devices:
      info?.devices.map(({ index, name, rateBitsPerSecond }) => ({ index, name, rate: `${formatRate(rateBitsPerSecond)}/s` })) ??
      [],
  };
}

/** Count of findings of a severity. */
export const countOf = (state: Pick<State, 'diagnostics' | 'runProblems'>, severity: 'error' | 'warning'): number =>
  [...state.diagnostics, ...state.runProblems].filter((item) => item.severity === severity).length;
