// Where things stand in the scene: lanes of the flows, gates, containers, drop tray, link. From the size of the canvas and
// the shape of the run to rectangles in CSS pixels. Pure; knows no packets and no time.

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What the run consists of, as far as places are concerned. */
export interface SceneShape {
  readonly flows: readonly string[];
  readonly containers: readonly {
    readonly map: number;
    readonly title: string;
    readonly maxEntries: number;
    readonly collapsed: boolean;
  }[];
  readonly devices: readonly { readonly index: number; readonly name: string; readonly rate: string }[];
}

export interface ContainerPlace {
  readonly map: number;
  readonly title: string;
  readonly maxEntries: number;
  readonly collapsed: boolean;
  readonly frame: Rect;
  /** Where nodes may stand. */
  readonly inner: Rect;
}

export interface ScenePlaces {
  readonly width: number;
  readonly height: number;
  /** True when there is little room: fewer words are drawn. */
  readonly tight: boolean;
  readonly lanes: readonly { readonly flow: number; readonly name: string; readonly start: Point; readonly end: Point }[];
  /** More flows than lanes that fit. */
  readonly hiddenLanes: number;
  readonly gate: Point;
  readonly hand: Point;
  /** Beside the tray: where deleted packets come out of their container before they fall. */
  readonly ledge: Point;
  readonly containers: readonly ContainerPlace[];
  readonly tray: Rect;
  readonly links: readonly { readonly device: number; readonly name: string; readonly rate: string; readonly bar: Rect }[];
}

const MARGIN = 12;
const LINK_HEIGHT = 30;
const COLLAPSED_HEIGHT = 26;
const TITLE_HEIGHT = 24;

function placeContainers(shape: SceneShape, area: Rect): ContainerPlace[] {
  const open = shape.containers.filter((item) => !item.collapsed).length;
  const closed = shape.containers.length - open;
  const closedHeight = closed * (COLLAPSED_HEIGHT + 6);
  const height = Math.max(40, area.height - closedHeight);
  // As many columns as keep a container wider than high, because trees grow sideways.
  let columns = 1;
  while (columns < open && area.width / (columns + 1) > (height / Math.ceil(open / (columns + 1))) * 0.9) columns++;
  const rows = Math.max(1, Math.ceil(open / columns));
  const gap = 8;
  const cellHeight = (height - gap * (rows - 1)) / rows;
  let at = 0;
  let closedAt = 0;
  return shape.containers.map((item) => {
    const { map, title, maxEntries, collapsed } = item;
    let frame: Rect;
    if (collapsed) {
      frame = {
        x: area.x,
        y: area.y + height + 6 + closedAt * (COLLAPSED_HEIGHT + 6),
        width: area.width,
        height: COLLAPSED_HEIGHT,
      };
      closedAt++;
    } else {
      const column = at % columns;
      const row = Math.floor(at / columns);
      // The last row's containers share its whole width.
      const inRow = Math.min(columns, open - row * columns);
      const width = (area.width - gap * (inRow - 1)) / inRow;
      frame = { x: area.x + column * (width + gap), y: area.y + row * (cellHeight + gap), width, height: cellHeight };
      at++;
    }
    const inner = {
      x: frame.x + 14,
      y: frame.y + TITLE_HEIGHT + 14,
      width: Math.max(10, frame.width - 28),
      height: Math.max(10, frame.height - TITLE_HEIGHT - 40),
    };
    return { map, title, maxEntries, collapsed, frame, inner };
  });
}

/** Places for a canvas of `width` × `height` CSS pixels. */
export function placeScene(shape: SceneShape, width: number, height: number): ScenePlaces {
  const tight = width < 520;
  const laneWidth = tight ? 84 : Math.min(156, Math.max(120, width * 0.2));
  const links = Math.max(1, shape.devices.length);
  const linkTop = height - MARGIN - links * (LINK_HEIGHT + 8) + 8;
  const left = MARGIN + laneWidth;
  const area = {
    x: left + 22,
    y: MARGIN,
    width: Math.max(60, width - left - 22 - MARGIN),
    height: Math.max(60, linkTop - MARGIN - 46),
  };
  const trayHeight = Math.min(108, Math.max(58, height * 0.22));
  const trayTop = height - MARGIN - trayHeight;
  const laneBottom = trayTop - 16;
  const room = Math.max(1, Math.floor((laneBottom - MARGIN - 20) / 20));
  const shown = Math.min(shape.flows.length, room);
  const step = Math.min(44, (laneBottom - MARGIN - 20) / Math.max(1, shown));
  const lanes = shape.flows.slice(0, shown).map((name, flow) => {
    const y = MARGIN + 26 + step * (flow + 0.5) - 6;
    return { flow, name, start: { x: MARGIN + 8, y }, end: { x: left - 34, y } };
  });
  const middle = MARGIN + 26 + (step * shown) / 2 - 6;
  return {
    width,
    height,
    tight,
    lanes,
    hiddenLanes: shape.flows.length - shown,
    gate: { x: left - 2, y: middle },
    hand: { x: area.x + 16, y: linkTop - 24 },
    ledge: { x: area.x - 8, y: trayTop - 14 },
    containers: placeContainers(shape, area),
    tray: { x: MARGIN, y: trayTop, width: laneWidth - 6, height: trayHeight },
    links: shape.devices.map((device, index) => ({
      device: device.index,
      name: device.name,
      rate: device.rate,
      bar: { x: area.x, y: linkTop + index * (LINK_HEIGHT + 8), width: area.width, height: LINK_HEIGHT },
    })),
  };
}

/** Pixel geometry of a tree inside a container: how far apart nodes stand and how large they are. */
export interface TreeScale {
  readonly left: number;
  readonly spacing: number;
  readonly top: number;
  readonly level: number;
  readonly radius: number;
}

/** Distance between ranks is limited, so that a small tree does not fly apart. */
const WIDEST_SPACING = 56;
const HIGHEST_LEVEL = 76;

export function treeScale(inner: Rect, count: number, maxDepth: number): TreeScale {
  const spacing = Math.min(WIDEST_SPACING, inner.width / Math.max(1, count));
  const level = Math.min(HIGHEST_LEVEL, inner.height / Math.max(1, maxDepth + 0.6));
  const used = spacing * count;
  const radius = Math.max(2.2, Math.min(14, spacing * 0.88, level * 0.34));
  return { left: inner.x + (inner.width - used) / 2 + spacing / 2, spacing, top: inner.y + 6, level, radius };
}
