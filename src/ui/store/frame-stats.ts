// Script time and spacing of the frames the scene draws, for the bench and the tests. A ring of the last frames; no React.

const KEPT = 600;

class FrameStats {
  private readonly script = new Float64Array(KEPT);
  private readonly at = new Float64Array(KEPT);
  private count = 0;

  /** One drawn frame: when it began and how long its script took (ms). */
  add(begun: number, script: number): void {
    this.script[this.count % KEPT] = script;
    this.at[this.count % KEPT] = begun;
    this.count++;
  }

  reset(): void {
    this.count = 0;
  }

  /** Of the last frames: how many, script ms at median and 95th percentile, frames a second between the first and the last. */
  read(): { readonly frames: number; readonly scriptP50: number; readonly scriptP95: number; readonly fps: number } {
    const frames = Math.min(this.count, KEPT);
    const sorted = this.script.slice(0, frames).sort();
    const times = this.at.slice(0, frames).sort();
    const span = (times[frames - 1] ?? 0) - (times[0] ?? 0);
    const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * frames) - 1)] ?? 0;
    return { frames, scriptP50: rank(0.5), scriptP95: rank(0.95), fps: span > 0 ? ((frames - 1) * 1000) / span : 0 };
  }
}

export const frameStats = new FrameStats();
