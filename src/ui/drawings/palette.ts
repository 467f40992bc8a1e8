// Colours of flows and of the two themes as the canvases need them. Flow colours are Okabe and Ito's (2008), told apart
// under the common colour deficiencies; a flow keeps its colour and shape by its number alone. Knows no run and no React.

/** Okabe–Ito in the order of use: blue, orange, bluish green, vermillion, sky blue, reddish purple, yellow, neutral. */
const FLOW_COLOURS = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#56B4E9', '#CC79A7', '#F0E442', '#9AA3AF'] as const;

/** One of eight outlines; with more than eight flows the pairing of colour and shape moves on. */
const FLOW_SHAPES = ['circle', 'square', 'triangle', 'diamond', 'pentagon', 'cross', 'hexagon', 'wedge'] as const;
export type FlowShape = (typeof FLOW_SHAPES)[number];

export const flowColour = (flow: number): string => FLOW_COLOURS[flow % FLOW_COLOURS.length] ?? FLOW_COLOURS[0];
/** Flow 8 has the colour of flow 0 and another shape. */
export const flowShape = (flow: number): FlowShape =>
  FLOW_SHAPES[(flow + Math.floor(flow / FLOW_COLOURS.length)) % FLOW_SHAPES.length] ?? 'circle';

/** Colours and fonts of a theme that canvases draw with; the style sheet has the same tokens for everything else. */
export interface DrawingTheme {
  readonly dark: boolean;
  readonly ground: string;
  readonly panel: string;
  readonly line: string;
  readonly faint: string;
  readonly muted: string;
  readonly text: string;
  readonly accent: string;
  readonly warn: string;
  /** Outline of every flow mark. */
  readonly outline: string;
  readonly font: string;
  readonly mono: string;
}

const FONT = 'Inter, "Segoe UI", system-ui, -apple-system, "Noto Sans", sans-serif';
const MONO = 'ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

export const DARK_THEME: DrawingTheme = {
  dark: true,
  ground: '#11151a',
  panel: '#171c23',
  line: '#2b333d',
  faint: '#465160',
  muted: '#93a0b0',
  text: '#e8edf3',
  accent: '#6cb6ff',
  warn: '#f0a35e',
  outline: '#e8edf3',
  font: FONT,
  mono: MONO,
};

export const LIGHT_THEME: DrawingTheme = {
  dark: false,
  ground: '#fbfbfa',
  panel: '#f3f4f5',
  line: '#d8dce1',
  faint: '#aeb6c0',
  muted: '#5a6675',
  text: '#1b2128',
  accent: '#0b62b8',
  warn: '#a84a00',
  outline: '#333333',
  font: FONT,
  mono: MONO,
};
