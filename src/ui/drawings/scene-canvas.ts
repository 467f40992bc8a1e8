// The scene on two canvases: the stage with its trees (redrawn when they change) and the traffic over it (lanes, flights,
// link, watchdog). Draws a SceneMoment; knows no log search, no clock of its own and no React.

import { easeCubicOut } from 'd3';
import { formatTime } from '../../engine/base/quantity.ts';
import { DROP_REASONS } from '../../engine/trace/event.ts';
import type { Flight } from './film-motion.ts';
import { addCross, addMark } from './marks.ts';
import { type DrawingTheme, flowColour, flowShape } from './palette.ts';
import type { Rect, ScenePlaces } from './scene-layout.ts';
import type { ContainerMoment, Cursor, SceneMoment } from './scene-moment.ts';
import type { TimelineIndex } from './timeline-index.ts';
import { badge, drawTree, type Surface } from './tree-canvas.ts';

export interface SceneInk {
  readonly theme: DrawingTheme;
  readonly flowOf: (packet: number) => number;
  readonly bytesOf: (packet: number) => number;
  readonly flowName: (flow: number) => string;
  /** Keys up to this are written as times, ns. */
  readonly timeLimit: number;
  readonly selected: number;
  readonly hovered: number;
}

function panel(surface: Surface, rect: Rect, theme: DrawingTheme, radius = 8): void {
  surface.beginPath();
  surface.roundRect(rect.x, rect.y, rect.width, rect.height, radius);
  surface.fillStyle = theme.panel;
  surface.fill();
  surface.strokeStyle = theme.line;
  surface.lineWidth = 1;
  surface.stroke();
}

function words(
  surface: Surface,
  text: string,
  x: number,
  y: number,
  colour: string,
  font: string,
  align: CanvasTextAlign = 'left',
): void {
  surface.font = font;
  surface.textAlign = align;
  surface.textBaseline = 'middle';
  surface.fillStyle = colour;
  surface.fillText(text, x, y);
}

/** Shortens a text to a width with an ellipsis. */
function fitted(surface: Surface, text: string, width: number): string {
  if (surface.measureText(text).width <= width) return text;
  let end = text.length - 1;
  while (end > 1 && surface.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return `${text.slice(0, end)}…`;
}

function drawContainer(surface: Surface, item: ContainerMoment, ink: SceneInk, cursor: Cursor): void {
  const { theme } = ink;
  const { frame, title, maxEntries, collapsed } = item.place;
  panel(surface, frame, theme);
  const y = frame.y + 14;
  // Room for the fold button, which is an element of the page.
  words(surface, title, frame.x + 26, y, theme.text, `600 12px ${theme.mono}`);
  const used = surface.measureText(title).width;
  const { count } = item.layout;
  words(surface, `${count} of ${maxEntries} packets`, frame.x + 36 + used, y, theme.muted, `11px ${theme.font}`);
  if (collapsed) return;
  if (count === 0) {
    words(surface, 'empty', frame.x + frame.width / 2, frame.y + frame.height / 2, theme.faint, `12px ${theme.font}`, 'center');
  }
  drawTree(surface, {
    layout: item.layout,
    before: item.before,
    positions: item.positions,
    flowOf: ink.flowOf,
    theme,
    timeLimit: ink.timeLimit,
    selected: ink.selected,
    hovered: ink.hovered,
    halo: cursor.halo,
    clip: item.clip,
    fraction: cursor.fraction,
  });
}

/** Stage and trees. The canvas is cleared here. */
export function drawTrees(surface: Surface, moment: SceneMoment, places: ScenePlaces, ink: SceneInk): void {
  surface.clearRect(0, 0, places.width, places.height);
  for (const item of moment.containers) drawContainer(surface, item, ink, moment.cursor);
}

function drawLanes(surface: Surface, moment: SceneMoment, places: ScenePlaces, ink: SceneInk): void {
  const { theme } = ink;
  words(surface, 'FLOWS', places.tray.x, 22, theme.muted, `600 10px ${theme.font}`);
  for (const lane of places.lanes) {
    const { flow, start, end } = lane;
    surface.beginPath();
    surface.moveTo(start.x, start.y + 6);
    surface.lineTo(end.x, end.y + 6);
    surface.lineTo(places.gate.x - 12, places.gate.y);
    surface.strokeStyle = theme.line;
    surface.lineWidth = 1.5;
    surface.stroke();
    surface.beginPath();
    addMark(surface, flowShape(flow), start.x, start.y - 7, 4.5);
    surface.fillStyle = flowColour(flow);
    surface.fill();
    if (!theme.dark) {
      surface.strokeStyle = theme.outline;
      surface.lineWidth = 1;
      surface.stroke();
    }
    surface.font = `12px ${theme.font}`;
    words(
      surface,
      fitted(surface, lane.name, places.tray.width - (places.tight ? 24 : 54)),
      start.x + 12,
      start.y - 7,
      theme.text,
      `12px ${theme.font}`,
    );
    const offered = moment.after.flows.get(flow)?.offered ?? 0;
    if (!places.tight) words(surface, String(offered), end.x, start.y - 7, theme.muted, `10px ${theme.mono}`, 'right');
  }
  if (places.hiddenLanes > 0) {
    words(surface, `and ${places.hiddenLanes} more`, places.tray.x, places.tray.y - 10, theme.muted, `11px ${theme.font}`);
  }
}

/** Packets that will arrive within `horizonNs` come along their lanes: the log is known ahead of the cursor. */
function drawComing(surface: Surface, moment: SceneMoment, places: ScenePlaces, index: TimelineIndex, horizonNs: number): void {
  const { t, position } = moment.cursor;
  for (const { flow, start, end } of places.lanes) {
    const arrivals = index.flows[flow]?.arrivals;
    if (arrivals === undefined) continue;
    surface.beginPath();
    let drawn = 0;
    for (let i = arrivals.lowerBound(t); i < arrivals.length && drawn < 40; i++) {
      const ahead = (arrivals.times[i] ?? 0) - t;
      if (ahead > horizonNs) break;
      if ((arrivals.records[i] ?? 0) < position) continue;
      const near = 1 - ahead / horizonNs;
      addMark(surface, flowShape(flow), start.x + 4 + (end.x - start.x - 4) * near, start.y + 6, 4.2);
      drawn++;
    }
    surface.fillStyle = flowColour(flow);
    surface.globalAlpha = 0.75;
    surface.fill();
    surface.globalAlpha = 1;
  }
}

function drawGate(surface: Surface, x: number, y: number, label: string, theme: DrawingTheme, side: 'above' | 'right'): void {
  surface.beginPath();
  surface.arc(x, y, 12, 0, 2 * Math.PI);
  surface.fillStyle = theme.ground;
  surface.fill();
  surface.strokeStyle = theme.muted;
  surface.lineWidth = 1.5;
  surface.setLineDash([2, 3]);
  surface.stroke();
  surface.setLineDash([]);
  if (side === 'above') words(surface, label, x + 12, y + 23, theme.muted, `11px ${theme.mono}`, 'right');
  else words(surface, label, x + 19, y, theme.muted, `11px ${theme.mono}`);
}

function drawTray(surface: Surface, moment: SceneMoment, places: ScenePlaces, theme: DrawingTheme): void {
  const { tray } = places;
  const counts = moment.after.drops;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const right = tray.x + tray.width;
  const bottom = tray.y + tray.height;
  surface.beginPath();
  surface.moveTo(tray.x, tray.y);
  surface.lineTo(tray.x, bottom - 6);
  surface.lineTo(tray.x + 6, bottom);
  surface.lineTo(right - 6, bottom);
  surface.lineTo(right, bottom - 6);
  surface.lineTo(right, tray.y);
  surface.strokeStyle = theme.faint;
  surface.lineWidth = 1.5;
  surface.stroke();
  words(surface, 'DROPS', tray.x + 9, tray.y + 10, theme.muted, `600 10px ${theme.font}`);
  words(surface, String(total), tray.x + tray.width - 9, tray.y + 10, theme.text, `600 11px ${theme.mono}`, 'right');
  let y = tray.y + 28;
  counts.forEach((count, reason) => {
    if (count === 0 || y > tray.y + tray.height - 6) return;
    surface.font = `10px ${theme.mono}`;
    const name = fitted(surface, DROP_REASONS[reason]?.name ?? '?', tray.width - 60);
    surface.beginPath();
    addCross(surface, tray.x + 12, y, 3);
    surface.strokeStyle = theme.muted;
    surface.lineWidth = 1.5;
    surface.stroke();
    words(surface, name, tray.x + 21, y, theme.text, `10px ${theme.mono}`);
    words(surface, String(count), tray.x + tray.width - 9, y, theme.text, `10px ${theme.mono}`, 'right');
    y += 15;
  });
}

/** The link's bar fills with the time that sending really takes, linearly: easing a clock would be a lie. */
function drawLinks(surface: Surface, moment: SceneMoment, places: ScenePlaces, ink: SceneInk): void {
  const { theme } = ink;
  for (const { device, name, rate, bar } of places.links) {
    panel(surface, bar, theme, bar.height / 2);
    const link = moment.before.links.find((item) => item.device === device);
    const middle = bar.y + bar.height / 2;
    const idle = link === undefined || link.packet === 0;
    if (!idle && link.endNs > link.startNs) {
      const progress = Math.max(0, Math.min(1, (moment.cursor.t - link.startNs) / (link.endNs - link.startNs)));
      const flow = ink.flowOf(link.packet);
      const length = Math.max(bar.height, bar.width * progress);
      surface.beginPath();
      surface.roundRect(bar.x, bar.y, length, bar.height, bar.height / 2);
      surface.fillStyle = flowColour(flow);
      surface.globalAlpha = theme.dark ? 0.34 : 0.26;
      surface.fill();
      surface.globalAlpha = 1;
      drawPacket(surface, link.packet, bar.x + length - bar.height / 2, middle, 7, ink, link.packet === ink.selected);
      const text = places.tight ? `#${link.packet}` : `#${link.packet} · ${ink.flowName(flow)} · ${ink.bytesOf(link.packet)} b`;
      surface.font = `11px ${theme.mono}`;
      // The words stand on the side where the packet is not.
      if (length < bar.width - surface.measureText(text).width - 30) {
        words(surface, text, bar.x + bar.width - 14, middle, theme.text, `11px ${theme.mono}`, 'right');
      } else words(surface, text, bar.x + 14, middle, theme.text, `11px ${theme.mono}`);
    } else {
      const state = link?.up === false ? 'down' : 'idle';
      words(surface, state, bar.x + bar.width - 14, middle, theme.muted, `11px ${theme.font}`, 'right');
    }
    words(surface, `${name} · ${rate}`, bar.x + bar.width / 2, bar.y - 9, theme.muted, `11px ${theme.font}`, 'center');
  }
}

/** One packet outside of the trees. */
function drawPacket(
  surface: Surface,
  packet: number,
  x: number,
  y: number,
  radius: number,
  ink: SceneInk,
  marked: boolean,
): void {
  const { theme } = ink;
  const flow = ink.flowOf(packet);
  surface.beginPath();
  addMark(surface, flowShape(flow), x, y, radius);
  surface.fillStyle = flowColour(flow);
  surface.fill();
  surface.strokeStyle = marked ? theme.accent : theme.outline;
  surface.lineWidth = marked ? 2.5 : 1.2;
  surface.stroke();
}

/** The double ring of the red leaf that the newcomer becomes. */
function drawLanding(surface: Surface, flight: Flight, theme: DrawingTheme): void {
  surface.globalAlpha = flight.landing;
  surface.strokeStyle = theme.text;
  surface.lineWidth = 1;
  for (const radius of [11, 14.5]) {
    surface.beginPath();
    surface.arc(flight.x, flight.y, radius, 0, 2 * Math.PI);
    surface.stroke();
  }
}

function drawFlight(surface: Surface, flight: Flight, moment: SceneMoment, ink: SceneInk): void {
  const { theme } = ink;
  surface.save();
  surface.globalAlpha = flight.alpha;
  if (flight.dropped) {
    surface.beginPath();
    addMark(surface, flowShape(ink.flowOf(flight.packet)), flight.x, flight.y, 8);
    surface.strokeStyle = flowColour(ink.flowOf(flight.packet));
    surface.lineWidth = 2;
    surface.stroke();
    surface.beginPath();
    addCross(surface, flight.x, flight.y, 7);
    surface.strokeStyle = theme.text;
    surface.lineWidth = 2;
    surface.stroke();
  } else {
    drawPacket(surface, flight.packet, flight.x, flight.y, 8, ink, flight.packet === ink.selected);
    if (flight.landing > 0) drawLanding(surface, flight, theme);
  }
  surface.restore();
  const { comparison } = flight;
  const container = moment.containers.find((item) => item.clip !== null);
  if (comparison === null || container === undefined) return;
  const x = container.positions.x[comparison.rank] ?? 0;
  const y = container.positions.y[comparison.rank] ?? 0;
  const pulse = easeCubicOut(comparison.strength);
  surface.save();
  surface.globalAlpha = pulse;
  surface.beginPath();
  surface.arc(x, y, container.positions.radius + 3 + 4 * pulse, 0, 2 * Math.PI);
  surface.strokeStyle = theme.accent;
  surface.lineWidth = 2;
  surface.stroke();
  const shift = comparison.goesLeft ? -1 : 1;
  if (container.layout.count <= 120)
    badge(surface, theme, comparison.text, x + shift * 6, y - container.positions.radius - 26, theme.text);
  surface.restore();
}

/** A clock at the dequeue gate whose arc runs out when the watchdog fires. */
function drawWatchdogs(surface: Surface, moment: SceneMoment, places: ScenePlaces, theme: DrawingTheme): void {
  const due = moment.after.watchdogs[0];
  if (due === undefined) return;
  const left = Math.max(0, due.expiryNs - moment.cursor.t);
  const share = Math.min(1, left / Math.max(1, due.expiryNs - due.armedNs));
  const x = places.hand.x + 96;
  const { y } = places.hand;
  surface.beginPath();
  surface.arc(x, y, 9, 0, 2 * Math.PI);
  surface.strokeStyle = theme.faint;
  surface.lineWidth = 2;
  surface.stroke();
  surface.beginPath();
  surface.arc(x, y, 9, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  surface.strokeStyle = theme.warn;
  surface.lineWidth = 3;
  surface.stroke();
  words(surface, `wakes in ${formatTime(Math.round(left))}`, x + 16, y, theme.warn, `11px ${theme.font}`);
}

/** Lanes, gates, tray, link and what moves. `horizonNs`: how far ahead arrivals are shown on their lanes. */
export function drawTraffic(
  surface: Surface,
  moment: SceneMoment,
  places: ScenePlaces,
  ink: SceneInk,
  index: TimelineIndex,
  horizonNs: number,
): void {
  const { theme } = ink;
  surface.clearRect(0, 0, places.width, places.height);
  drawLanes(surface, moment, places, ink);
  if (horizonNs > 0) drawComing(surface, moment, places, index, horizonNs);
  drawGate(surface, places.gate.x, places.gate.y, 'enqueue', theme, 'above');
  drawGate(surface, places.hand.x, places.hand.y, 'dequeue', theme, 'right');
  drawTray(surface, moment, places, theme);
  drawLinks(surface, moment, places, ink);
  drawWatchdogs(surface, moment, places, theme);
  const { flight } = moment;
  for (const [packet, place] of moment.before.loose) {
    if (flight?.packet === packet) continue;
    const { x, y } = place === 'gate' ? places.gate : place === 'ledge' ? places.ledge : places.hand;
    drawPacket(surface, packet, x, y, 8, ink, packet === ink.selected);
  }
  if (flight !== null) drawFlight(surface, flight, moment, ink);
}
