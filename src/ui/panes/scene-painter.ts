// Draws the scene into its two canvases whenever the clock, the size, the theme or the selection has changed, at most once
// a frame. Bridges clock and drawings; knows no React.

import type { DrawingTheme } from '../drawings/palette.ts';
import { drawTraffic, drawTrees, type SceneInk } from '../drawings/scene-canvas.ts';
import { placeScene, type ScenePlaces, type SceneShape } from '../drawings/scene-layout.ts';
import { momentAt, type SceneMoment, treesKey } from '../drawings/scene-moment.ts';
import { hitNode } from '../drawings/tree-canvas.ts';
import { frameStats } from '../store/frame-stats.ts';
import type { RunData } from '../store/run-data.ts';
import { clock } from '../store/store.ts';

/** What a painter is told by its pane. */
export interface PainterInput {
  readonly run: RunData | null;
  readonly shape: SceneShape;
  readonly theme: DrawingTheme;
  readonly selected: number;
  readonly hovered: number;
}

/** How far ahead, in seconds of watching, packets show on their lanes. */
const HORIZON_SECONDS = 1.2;

export class ScenePainter {
  private readonly trees: HTMLCanvasElement;
  private readonly traffic: HTMLCanvasElement;
  private input: PainterInput;
  private places: ScenePlaces;
  private moment: SceneMoment | null = null;
  private drawnTrees = '';
  private scheduled = 0;
  private readonly stopListening: () => void;

  constructor(trees: HTMLCanvasElement, traffic: HTMLCanvasElement, input: PainterInput) {
    this.trees = trees;
    this.traffic = traffic;
    this.input = input;
    this.places = placeScene(input.shape, 600, 400);
    // The clock ticks inside an animation frame already; drawing there and then keeps picture and time together.
    this.stopListening = clock.subscribe(() => (clock.playing ? this.draw() : this.soon()));
  }

  dispose(): void {
    this.stopListening();
    if (this.scheduled !== 0) cancelAnimationFrame(this.scheduled);
  }

  update(input: PainterInput): void {
    const moved = input.shape !== this.input.shape || input.theme !== this.input.theme || input.run !== this.input.run;
    this.input = input;
    if (moved) this.resize(this.places.width, this.places.height);
    else this.soon();
  }

  /** CSS pixels of the pane. */
  resize(width: number, height: number): void {
    this.places = placeScene(this.input.shape, width, height);
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.trees, this.traffic]) {
      const w = Math.round(width * ratio);
      const h = Math.round(height * ratio);
      if (canvas.width !== w) canvas.width = w;
      if (canvas.height !== h) canvas.height = h;
      canvas.getContext('2d')?.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.drawnTrees = '';
    this.soon();
  }

  get layout(): ScenePlaces {
    return this.places;
  }

  private soon(): void {
    if (this.scheduled !== 0) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  private draw(): void {
    const trees = this.trees.getContext('2d');
    const traffic = this.traffic.getContext('2d');
    const { run, theme, selected, hovered } = this.input;
    const maker = clock.maker;
    if (trees === null || traffic === null) return;
    if (run === null || maker === null || maker !== run.maker) {
      trees.clearRect(0, 0, this.places.width, this.places.height);
      traffic.clearRect(0, 0, this.places.width, this.places.height);
      return;
    }
    const begun = performance.now();
    const ink: SceneInk = {
      theme,
      selected,
      hovered,
      flowOf: (packet) => run.packets.flows[packet] ?? 0,
      bytesOf: (packet) => run.packets.lengths[packet] ?? 0,
      flowName: (flow) => run.flowName(flow),
      timeLimit: run.durationNs * 1.5,
    };
    const moment = momentAt(maker, clock.cursor(), this.places);
    const key = treesKey(moment, selected, hovered);
    if (key !== this.drawnTrees) {
      drawTrees(trees, moment, this.places, ink);
      this.drawnTrees = key;
    }
    drawTraffic(traffic, moment, this.places, ink, run.index, clock.speed * HORIZON_SECONDS);
    this.moment = moment;
    frameStats.add(begun, performance.now() - begun);
  }

  /** Packet under a point (CSS pixels of the canvas), 0 none. */
  packetAt(x: number, y: number): number {
    const { moment } = this;
    if (moment === null) return 0;
    for (const { positions, layout } of moment.containers) {
      const rank = hitNode(positions, layout.count, x, y, Math.max(9, positions.radius + 3));
      if (rank >= 0) return layout.packet[rank] ?? 0;
    }
    for (const { device, bar } of this.places.links) {
      if (x < bar.x || x > bar.x + bar.width || y < bar.y || y > bar.y + bar.height) continue;
      return moment.after.links.find((link) => link.device === device)?.packet ?? 0;
    }
    const { flight } = moment;
    if (flight !== null && Math.hypot(flight.x - x, flight.y - y) < 14) return flight.packet;
    return 0;
  }

  /** The scene in a sentence, for people who do not see it. */
  describe(): string {
    const { moment } = this;
    const { run } = this.input;
    if (moment === null || run === null) return 'Nothing runs yet.';
    const queues = moment.containers.map(({ place, layout }) => {
      const first =
        layout.count === 0
          ? ''
          : `, next is packet ${layout.packet[0]} of ${run.flowName(run.packets.flows[layout.packet[0] ?? 0] ?? 0)}`;
      return `${place.title} holds ${layout.count} packets${first}`;
    });
    const links = moment.after.links.map((link) =>
      link.packet === 0 ? 'the link is idle' : `the link sends packet ${link.packet}`,
    );
    const drops = moment.after.drops.reduce((sum, count) => sum + count, 0);
    return `${[...queues, ...links].join('; ')}; ${drops} packets dropped so far.`;
  }
}
