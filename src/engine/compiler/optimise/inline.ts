// Inlining: bodies of callees copied into callers. always_inline always, at every level; at level 2 static functions with one
// caller and small functions too; never recursive ones, never noinline. Line entries keep pointing at the callee's text.

import {
  type Block,
  type CallTarget,
  codeLength,
  computePredecessors,
  type InlineSite,
  type Inst,
  type IrFunction,
  replaceBy,
  resolve,
  resolveOperands,
  type Slot,
  successors,
  type Terminator,
  type VariableInstance,
  type VariablePiece,
} from '../ir.ts';
import type { Place } from '../token.ts';
import type { FunctionSymbol } from '../tree.ts';

/** Instructions up to which a function is inlined wherever it is called. */
const SMALL = 24;
/** Instructions up to which a function with one caller is inlined. */
const ONCE = 1500;
/** A caller that is this long takes no more. */
const CALLER_LIMIT = 6000;
/** Bytes of frame that inlining may bring a caller to: it has 512 with spills. */
const FRAME_LIMIT = 400;

type CallInst = Extract<Inst, { op: 'call' }>;

const calleeOf = (inst: Inst): FunctionSymbol | null => {
  if (inst.op !== 'call') return null;
  const target: CallTarget = inst.target;
  return target.kind === 'function' ? target.symbol : null;
};

const sizeOfFunction = (fn: IrFunction): number => fn.blocks.reduce((sum, block) => sum + codeLength(block) + 1, 0);
const frameOf = (fn: IrFunction): number => fn.slots.reduce((sum, slot) => sum + slot.size, 0);

/** Call sites by callee, and functions whose address is taken. */
export interface CallGraph {
  readonly callers: ReadonlyMap<FunctionSymbol, number>;
  readonly callees: ReadonlyMap<FunctionSymbol, ReadonlySet<FunctionSymbol>>;
  readonly addressTaken: ReadonlySet<FunctionSymbol>;
}

export function buildCallGraph(functions: readonly IrFunction[]): CallGraph {
  const callers = new Map<FunctionSymbol, number>();
  const callees = new Map<FunctionSymbol, Set<FunctionSymbol>>();
  const addressTaken = new Set<FunctionSymbol>();
  const note = (inst: Inst | null): void => {
    if (inst?.op === 'function') addressTaken.add(inst.symbol);
  };
  for (const fn of functions) {
    const called = new Set<FunctionSymbol>();
    callees.set(fn.symbol, called);
    for (const block of fn.blocks) {
      for (const inst of [...block.phis, ...block.body]) {
        const callee = calleeOf(inst);
        if (callee !== null) {
          called.add(callee);
          callers.set(callee, (callers.get(callee) ?? 0) + 1);
        }
        inst.args.forEach(note);
      }
      if (block.end.kind === 'return') note(block.end.value);
    }
  }
  return { callers, callees, addressTaken };
}

/** Functions that can reach themselves through calls. */
export function recursiveFunctions(graph: CallGraph): Set<FunctionSymbol> {
  const found = new Set<FunctionSymbol>();
  for (const start of graph.callees.keys()) {
    const seen = new Set<FunctionSymbol>();
    const work = [...(graph.callees.get(start) ?? [])];
    for (let symbol = work.pop(); symbol !== undefined; symbol = work.pop()) {
      if (symbol === start) {
        found.add(start);
        break;
      }
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      work.push(...(graph.callees.get(symbol) ?? []));
    }
  }
  return found;
}

/** Callees before callers; recursion is cut anywhere. */
export function bottomUp(functions: readonly IrFunction[], graph: CallGraph): IrFunction[] {
  const bySymbol = new Map(functions.map((fn) => [fn.symbol, fn]));
  const order: IrFunction[] = [];
  const state = new Map<FunctionSymbol, 'open' | 'done'>();
  const visit = (root: FunctionSymbol): void => {
    const stack: { symbol: FunctionSymbol; rest: FunctionSymbol[] }[] = [
      { symbol: root, rest: [...(graph.callees.get(root) ?? [])] },
    ];
    state.set(root, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        state.set(top.symbol, 'done');
        const fn = bySymbol.get(top.symbol);
        if (fn !== undefined) order.push(fn);
        stack.pop();
      } else if (!state.has(next)) {
        state.set(next, 'open');
        stack.push({ symbol: next, rest: [...(graph.callees.get(next) ?? [])] });
      }
    }
  };
  for (const fn of functions) if (!state.has(fn.symbol)) visit(fn.symbol);
  return order;
}

export interface InlineContext {
  readonly bodies: ReadonlyMap<FunctionSymbol, IrFunction>;
  readonly graph: CallGraph;
  readonly recursive: ReadonlySet<FunctionSymbol>;
  /** Only always_inline (levels 0 and 1). */
  readonly onlyForced: boolean;
}

function wanted(caller: IrFunction, symbol: FunctionSymbol, body: IrFunction, context: InlineContext): boolean {
  if (context.recursive.has(symbol) || symbol === caller.symbol) return false;
  if (symbol.alwaysInline) return true;
  if (context.onlyForced || symbol.noInline || symbol.weak) return false;
  const size = sizeOfFunction(body);
  const frame = frameOf(body);
  if (sizeOfFunction(caller) > CALLER_LIMIT || (frame > 0 && frameOf(caller) + frame > FRAME_LIMIT)) return false;
  const once = symbol.linkage === 'static' && context.graph.callers.get(symbol) === 1 && !context.graph.addressTaken.has(symbol);
  return size <= (symbol.inlineHint ? SMALL * 8 : SMALL) || (once && size <= ONCE);
}

/** Inlines calls of one function; returns true when some were. */
export function inlineCalls(caller: IrFunction, context: InlineContext): boolean {
  let changed = false;
  let serial = 1_000_000;
  for (let at = 0; at < caller.blocks.length; at++) {
    const block = caller.blocks[at];
    if (block === undefined) break;
    for (let i = 0; i < block.body.length; i++) {
      const inst = block.body[i];
      const symbol = inst === undefined ? null : calleeOf(inst);
      const body = symbol === null ? undefined : context.bodies.get(symbol);
      if (inst?.op !== 'call' || symbol === null || body === undefined || !wanted(caller, symbol, body, context)) continue;
      inlineOne(caller, block, i, inst, body, serial++);
      changed = true;
      // The rest of the block is in a new block now, visited later.
      break;
    }
  }
  if (changed) {
    resolveOperands(caller);
    computePredecessors(caller);
  }
  return changed;
}

/** Copies `callee` into the place of the call at body[index] of `block`. */
function inlineOne(caller: IrFunction, block: Block, index: number, call: CallInst, callee: IrFunction, serial: number): void {
  const after = caller.makeBlock(block.label);
  after.body = block.body.slice(index + 1);
  for (const inst of after.body) inst.block = after;
  after.end = block.end;
  block.body = block.body.slice(0, index);
  for (const next of successors(after))
    for (const phi of next.phis) if (phi.op === 'phi') phi.incoming = phi.incoming.map((from) => (from === block ? after : from));
  const copy = new BodyCopy(caller, callee, call, serial, after);
  const blocks = copy.run();
  const entry = blocks[0];
  block.end =
    entry === undefined ? { kind: 'unreachable', place: call.place } : { kind: 'jump', target: entry, place: call.place };
  const at = caller.blocks.indexOf(block);
  caller.blocks.splice(at + 1, 0, ...blocks, after);
  if (call.hasResult) replaceBy(call, copy.result());
  call.block = null;
}

class BodyCopy {
  private readonly caller: IrFunction;
  private readonly callee: IrFunction;
  private readonly call: CallInst;
  private readonly scope: readonly number[];
  private readonly after: Block;
  private readonly blocks = new Map<Block, Block>();
  private readonly values = new Map<Inst, Inst>();
  private readonly slots = new Map<Slot, Slot>();
  private readonly returns: { block: Block; value: Inst }[] = [];
  /** The call as the debugger shows it, and what becomes of sites, places and variables of the callee. */
  private readonly site: InlineSite;
  private readonly sites = new Map<InlineSite, InlineSite>();
  private readonly places = new Map<Place, Place>();
  private readonly instances = new Map<VariableInstance, VariableInstance>();
  private readonly pieces = new Map<VariablePiece, VariablePiece>();

  constructor(caller: IrFunction, callee: IrFunction, call: CallInst, serial: number, after: Block) {
    this.caller = caller;
    this.callee = callee;
    this.call = call;
    this.scope = [...call.scope, serial];
    this.after = after;
    this.site = { symbol: callee.symbol, call: call.place, parent: call.place?.site ?? null };
  }

  run(): Block[] {
    for (const block of this.callee.blocks) {
      const copy = this.caller.makeBlock(block.label);
      this.blocks.set(block, copy);
      const asked = this.callee.unroll.get(block);
      if (asked !== undefined) this.caller.unroll.set(copy, asked);
    }
    // Instructions first without operands, so that loops can refer to what comes later.
    for (const block of this.callee.blocks) {
      const to = this.blockOf(block);
      for (const phi of block.phis) to.phis.push(this.shell(phi, to));
      for (const inst of block.body) to.body.push(this.shell(inst, to));
    }
    for (const block of this.callee.blocks) {
      const to = this.blockOf(block);
      for (const inst of [...block.phis, ...block.body]) {
        const made = this.values.get(inst);
        if (made !== undefined) made.args = inst.args.map((arg) => this.value(arg));
        if (made?.op === 'debug' && inst.op === 'debug' && inst.holds !== null) {
          const holds = this.value(inst.holds);
          made.holds = holds.op === 'undef' && inst.holds.op !== 'undef' ? null : holds;
        }
        if (made?.op === 'phi' && inst.op === 'phi') made.incoming = inst.incoming.map((from) => this.blockOf(from));
      }
      to.end = this.terminator(block.end, to);
    }
    return [...this.blocks.values()];
  }

  /** The call's result: one returned value, or a phi of several. */
  result(): Inst {
    const [first] = this.returns;
    if (first === undefined) return this.caller.undef(this.call.width);
    if (this.returns.length === 1) return first.value;
    const incoming = this.returns.map(({ block }) => block);
    const args = this.returns.map(({ value }) => value);
    const phi = this.caller.make({ op: 'phi', incoming, variable: null, bound: null }, this.call.width, args, this.call.place);
    phi.block = this.after;
    this.after.phis.push(phi);
    return phi;
  }

  private blockOf(block: Block): Block {
    const found = this.blocks.get(block);
    return found ?? this.after;
  }

  private shell(inst: Inst, block: Block): Inst {
    const scoped =
      inst.op === 'call'
        ? { ...inst, scope: [...this.scope, ...inst.scope] }
        : inst.op === 'debug'
          ? { ...inst, piece: this.pieceOf(inst.piece) }
          : inst;
    const made = this.caller.copyOf(scoped, block);
    made.place = this.placeOf(inst.place);
    this.values.set(inst, made);
    return made;
  }

  /** A place of the callee as one of this call. */
  private placeOf(place: Place | null): Place | null {
    if (place === null) return null;
    let made = this.places.get(place);
    if (made === undefined) {
      made = { ...place, site: this.siteOf(place.site ?? null) };
      this.places.set(place, made);
    }
    return made;
  }

  private siteOf(site: InlineSite | null): InlineSite {
    if (site === null) return this.site;
    let made = this.sites.get(site);
    if (made === undefined) {
      made = { symbol: site.symbol, call: this.placeOf(site.call), parent: this.siteOf(site.parent) };
      this.sites.set(site, made);
    }
    return made;
  }

  private pieceOf(piece: VariablePiece): VariablePiece {
    const { instance } = piece;
    let copy = this.instances.get(instance);
    if (copy === undefined) {
      copy = { variable: instance.variable, site: this.siteOf(instance.site) };
      this.instances.set(instance, copy);
    }
    let made = this.pieces.get(piece);
    if (made === undefined) {
      made = { ...piece, instance: copy };
      this.pieces.set(piece, made);
    }
    return made;
  }

  private value(inst: Inst): Inst {
    const source = resolve(inst);
    const known = this.values.get(source);
    if (known !== undefined) return known;
    const made = this.outside(source);
    this.values.set(source, made);
    return made;
  }

  private outside(inst: Inst): Inst {
    const { caller } = this;
    switch (inst.op) {
      case 'const':
        return caller.constant(inst.value, inst.width);
      case 'param': {
        const arg = this.call.args[inst.index];
        return arg === undefined ? caller.undef(inst.width) : resolve(arg);
      }
      case 'slot':
        return caller.slotAddress(this.slot(inst.slot));
      case 'global':
        return caller.globalAddress(inst.variable, inst.offset);
      case 'function':
        return caller.functionAddress(inst.symbol);
      default:
        return caller.undef(inst.width);
    }
  }

  private slot(slot: Slot): Slot {
    let made = this.slots.get(slot);
    if (made === undefined) {
      const copy = { ...slot, scope: [...this.scope, ...slot.scope] };
      made = slot.piece === undefined ? copy : { ...copy, piece: this.pieceOf(slot.piece) };
      this.slots.set(slot, made);
      this.caller.addSlot(made);
    }
    return made;
  }

  private terminator(end: Terminator, block: Block): Terminator {
    switch (end.kind) {
      case 'jump':
        return { ...end, target: this.blockOf(end.target), place: this.placeOf(end.place) };
      case 'branch':
        return {
          kind: 'branch',
          condition: this.value(end.condition),
          yes: this.blockOf(end.yes),
          no: this.blockOf(end.no),
          place: this.placeOf(end.place),
        };
      case 'return':
        this.returns.push({ block, value: end.value === null ? this.caller.undef(this.call.width) : this.value(end.value) });
        return { kind: 'jump', target: this.after, place: this.placeOf(end.place) };
      case 'unreachable':
        return { kind: 'unreachable', place: this.placeOf(end.place) };
    }
  }
}
