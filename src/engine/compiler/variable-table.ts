// The table of variables of an emitted function: for each one its scope in slots of code, and where its bytes are in which slots. A variable is in
// scope where the code comes from the text between its declaration and the end of its block, and from the call it belongs to.

import { lineColumn, type SourceFile } from '../base/source.ts';
import type { InlinedCall, ObjectVariable, VariablePlace, VariableRange, VariableTable } from '../object/program-object.ts';
import type { EmittedFunction } from './emit.ts';
import type { InlineSite, Slot, VariableInstance } from './ir.ts';
import { ALLOCATABLE, eachDefinition } from './machine.ts';
import { FIRST_SLOT_BIT, fixedIndex, type PlacedVariables } from './place-variables.ts';
import type { Place } from './token.ts';

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Registers that live longest first: what stays there can be shown for longer. */
const PREFERENCE: readonly number[] = [6, 7, 8, 9, 0, 1, 2, 3, 4, 5];

/** A variable on its way into the table. */
interface Row {
  readonly instance: VariableInstance;
  readonly scope: readonly Interval[];
  readonly ranges: VariableRange[];
}

export function variableTable(
  placed: PlacedVariables,
  code: EmittedFunction,
  fileIndex: (file: SourceFile) => number,
): VariableTable {
  const rows = new Map<VariableInstance, Row>();
  const placesOf = placesBySite(placeRuns(code));
  const rowOfPiece = placed.pieces.map(({ instance }) => {
    let row = rows.get(instance);
    if (row === undefined) {
      row = { instance, scope: scopeOf(instance, placesOf(instance.site)), ranges: [] };
      rows.set(instance, row);
    }
    return row;
  });
  sweep(placed, code, (piece, from, to, place) => {
    const bytes = placed.pieces[piece];
    const row = rowOfPiece[piece];
    if (row === undefined || bytes === undefined) return;
    for (const scope of row.scope) {
      const [start, end] = [Math.max(scope.from, from), Math.min(scope.to, to)];
      if (start < end) row.ranges.push({ from: start, to: end, offset: bytes.offset, size: bytes.size, place });
    }
  });
  const shown = [...rows.values()].filter(({ instance, scope }) => scope.length > 0 && !instance.variable.name.startsWith('.'));
  const sites = siteNumbers(
    shown.map(({ instance }) => instance),
    fileIndex,
  );
  const callOf = ({ site }: VariableInstance): number => (site === null ? -1 : (sites.numbers.get(site) ?? -1));
  shown.sort(
    (a, b) => callOf(a.instance) - callOf(b.instance) || a.instance.variable.place.start - b.instance.variable.place.start,
  );
  const variables = shown.map(({ instance, scope, ranges }): ObjectVariable => {
    const { name, type, isParameter, place } = instance.variable;
    const { line } = lineColumn(place.file, place.start);
    ranges.sort((a, b) => a.from - b.from || a.offset - b.offset);
    return { name, type, isParameter, file: fileIndex(place.file), line, call: callOf(instance), scope, ranges };
  });
  return { calls: sites.calls, variables };
}

/** The inlined calls that the variables belong to and those around them, outer ones first. */
function siteNumbers(
  instances: readonly VariableInstance[],
  fileIndex: (file: SourceFile) => number,
): { numbers: ReadonlyMap<InlineSite, number>; calls: readonly InlinedCall[] } {
  const numbers = new Map<InlineSite, number>();
  const calls: InlinedCall[] = [];
  const number = (site: InlineSite): number => {
    const known = numbers.get(site);
    if (known !== undefined) return known;
    const parent = site.parent === null ? -1 : number(site.parent);
    const { call, symbol } = site;
    numbers.set(site, calls.length);
    const line = call === null ? 0 : lineColumn(call.file, call.start).line;
    calls.push({ name: symbol.name, file: call === null ? 0 : fileIndex(call.file), line, parent });
    return calls.length - 1;
  };
  for (const { site } of instances) if (site !== null) number(site);
  return { numbers, calls };
}

/** Slots [from, to) that come from one place. */
interface PlaceRun extends Interval {
  readonly place: Place;
}

/** As in the line table, code without a place of its own belongs to the place before it. */
function placeRuns({ origins }: EmittedFunction): PlaceRun[] {
  const runs: PlaceRun[] = [];
  let place: Place | null = null;
  let from = 0;
  origins.forEach((insn, slot) => {
    if (insn.place === null || insn.place === place) return;
    if (place !== null) runs.push({ place, from, to: slot });
    // What stands in front of the first place belongs to it.
    if (place !== null) from = slot;
    ({ place } = insn);
  });
  if (place !== null) runs.push({ place, from, to: origins.length });
  return runs;
}

/** The place of the code in the (inlined) run of a function that `site` stands for: its own, or that of the call it came through. */
function placeWithin(place: Place, site: InlineSite | null): Place | null {
  for (let at: Place | null = place; at !== null; at = at.site?.call ?? null) {
    if ((at.site ?? null) === site) return at;
  }
  return null;
}

/** For each (inlined) run of a function the code that comes from it, found once. */
function placesBySite(runs: readonly PlaceRun[]): (site: InlineSite | null) => readonly PlaceRun[] {
  const known = new Map<InlineSite | null, PlaceRun[]>();
  return (site) => {
    let places = known.get(site);
    if (places === undefined) {
      places = [];
      for (const { from, to, place } of runs) {
        const own = placeWithin(place, site);
        if (own !== null) places.push({ from, to, place: own });
      }
      known.set(site, places);
    }
    return places;
  };
}

function scopeOf({ variable }: VariableInstance, places: readonly PlaceRun[]): Interval[] {
  const scope: { from: number; to: number }[] = [];
  const { place: declared, scopeEnd } = variable;
  for (const { from, to, place } of places) {
    if (!isInScope(place, declared, scopeEnd ?? null, variable.isParameter)) continue;
    const last = scope.at(-1);
    if (last !== undefined && last.to === from) last.to = to;
    else scope.push({ from, to });
  }
  return scope;
}

function isInScope(place: Place, declared: Place, end: Place | null, isParameter: boolean): boolean {
  if (place.file !== declared.file) return false;
  // Names of one macro: the whole text of the macro is at one place.
  if (declared.expansion !== undefined && place.start === declared.start) return true;
  const isBefore = isParameter ? false : place.start < declared.end;
  return !isBefore && (end === null || place.start < end.end);
}

/** Tells of each range of slots in which a piece is at one place. */
function sweep(
  placed: PlacedVariables,
  { origins, frame }: EmittedFunction,
  found: (piece: number, from: number, to: number, place: VariablePlace) => void,
): void {
  const { pieces, isPointed, starts, changes } = placed;
  const open: { from: number; place: VariablePlace | null; choice: number }[] = pieces.map(() => ({
    from: 0,
    place: null,
    choice: 0,
  }));
  const put = (piece: number, state: number, slot: number): void => {
    const current = open[piece];
    if (current === undefined || (current.choice === state && state <= 0)) return;
    if (current.choice > 0 && state > 0 && (state & current.choice) !== 0) return;
    if (current.place !== null && current.from < slot) found(piece, current.from, slot, current.place);
    const choice = state > 0 ? chooseBit(state) : state;
    open[piece] = { from: slot, choice, place: placeOf(placed, choice, isPointed[piece] === true, frame) };
  };
  origins.forEach((insn, slot) => {
    if (slot > 0 && origins[slot - 1] === insn) {
      // Inside what one instruction became: what it writes may be half written.
      if (insn.kind === 'frame' || insn.kind === 'asm') loseDefined(open, insn, (piece) => put(piece, 0, slot));
      return;
    }
    const start = starts.get(insn);
    if (start !== undefined) for (let piece = 0; piece < start.length; piece++) put(piece, start[piece] ?? 0, slot);
    const changed = changes.get(insn);
    if (changed === undefined) return;
    for (let i = 0; i < changed.length; i += 2) put(changed[i] ?? 0, changed[i + 1] ?? 0, slot);
  });
  for (const piece of pieces.keys()) put(piece, 0, origins.length);
}

function loseDefined(
  open: readonly { readonly choice: number }[],
  insn: EmittedFunction['origins'][number],
  lose: (piece: number) => void,
): void {
  let lost = 0;
  eachDefinition(insn, (register) => {
    lost |= 1 << register;
  });
  open.forEach(({ choice }, piece) => {
    if (choice > 0 && (choice & lost) !== 0) lose(piece);
  });
}

function chooseBit(state: number): number {
  const register = PREFERENCE.find((candidate) => (state & (1 << candidate)) !== 0);
  return register === undefined ? state & -state : 1 << register;
}

/** The place that one bit, or a fixed place, stands for; null: nowhere. */
function placeOf(
  { fixed, spillSlots }: PlacedVariables,
  choice: number,
  isPointed: boolean,
  frame: ReadonlyMap<Slot, number>,
): VariablePlace | null {
  if (choice === 0 || choice === -1) return null;
  if (choice > 0) {
    const bit = 31 - Math.clz32(choice);
    if (bit < ALLOCATABLE) return { kind: isPointed ? 'pointed' : 'register', register: bit };
    const slot = spillSlots[bit - FIRST_SLOT_BIT];
    return slot === undefined || isPointed ? null : { kind: 'stack', offset: frame.get(slot) ?? 0 };
  }
  const place = fixed[fixedIndex(choice)];
  if (place === undefined || place.kind === 'unset') return place ?? null;
  if (place.kind === 'constant') return isPointed ? null : place;
  const offset = frame.get(place.slot);
  if (offset === undefined) return null;
  return { kind: isPointed ? 'stack' : 'frame-address', offset: offset + place.offset };
}
