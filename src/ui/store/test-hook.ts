// A read-mostly door for browser tests and the bench, on `window.__playground`: what the cursor, the log and the frames
// say. The page itself never uses it. No React.

import type { SceneFrame } from '../drawings/scene-frame.ts';
import { frameStats } from './frame-stats.ts';
import { clock, useStore } from './store.ts';

interface PlaygroundHook {
  /** Records applied, simulated ns, step, and how far the clip in motion is. */
  cursor(): {
    readonly position: number;
    readonly t: number;
    readonly step: number;
    readonly fraction: number;
    readonly playing: boolean;
  };
  /** Steps and records known, and whether the log is complete. */
  steps(): number;
  records(): number;
  complete(): boolean;
  /** Digest of the whole log, null until the run is done. */
  digest(): string | null;
  /** Puts the cursor right after step `step`. */
  setCursor(step: number): void;
  frameStats(): ReturnType<typeof frameStats.read>;
  resetFrameStats(): void;
  /** Packets in the trees and dropped at the cursor, by what the scene draws. */
  scene(): { readonly queued: number; readonly dropped: number; readonly sending: number };
}

declare global {
  interface Window {
    __playground?: PlaygroundHook;
  }
}

const queuedIn = (frame: SceneFrame): number => [...frame.trees.values()].reduce((sum, layout) => sum + layout.count, 0);

export function offerTestHook(): void {
  const log = () => clock.maker?.log;
  window.__playground = {
    cursor: () => {
      const { position, t, fraction } = clock.cursor();
      return { position, t, step: clock.step(), fraction, playing: clock.playing };
    },
    steps: () => log()?.steps ?? 0,
    records: () => log()?.length ?? 0,
    complete: () => clock.complete,
    digest: () => useStore.getState().run?.status?.digest ?? null,
    setCursor: (step) => clock.seekStep(step),
    frameStats: () => frameStats.read(),
    resetFrameStats: () => frameStats.reset(),
    scene: () => {
      const frame = clock.maker?.at(clock.cursor().position);
      if (frame === undefined) return { queued: 0, dropped: 0, sending: 0 };
      return {
        queued: queuedIn(frame),
        dropped: frame.drops.reduce((sum, count) => sum + count, 0),
        sending: frame.links.filter((link) => link.packet !== 0).length,
      };
    },
  };
}
