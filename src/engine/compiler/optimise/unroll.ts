// Full unrolling of innermost loops whose number of turns follows from a counter: small ones always, larger ones where the source
// asks for it (`#pragma unroll`). Iterations are peeled off in front and the loop itself stays; folding the counter then shows that
// nothing reaches it. So a wrong count would cost size, never meaning.

import {
  type Block,
  codeLength,
  computePredecessors,
  type Inst,
  type IrFunction,
  type PhiInst,
  resolve,
  resolveOperands,
  successors,
} from '../ir.ts';
import { computeDominators, type Dominators, dominates } from './dominators.ts';
import { evaluateCompare } from './fold.ts';
import { type Loop, naturalLoops } from './loops.ts';

/** Instructions that unrolling may make of one loop without being asked, and when the source asks. */
const SIZE_UNASKED = 160;
const SIZE_ASKED = 6000;
const TURNS_UNASKED = 32;
const TURNS_ASKED = 1024;
/** A function that is this long is left alone. */
const FUNCTION_LIMIT = 12_000;

/** Unrolls what it can of the innermost loops; true when code changed and wants simplifying. */
export function unrollLoops(fn: IrFunction): boolean {
  resolveOperands(fn);
  computePredecessors(fn);
  const doms = computeDominators(fn);
  const size = fn.blocks.reduce((sum, block) => sum + codeLength(block) + 1, 0);
  if (size > FUNCTION_LIMIT) return false;
  const loops = naturalLoops(doms);
  const innermost = loops.filter((loop) => !loops.some((other) => other !== loop && loop.body.has(other.header)));
  for (const loop of innermost) {
    const turns = turnsToUnroll(fn, loop, doms);
    if (turns === null || !closeValues(fn, loop, doms)) continue;
    for (let turn = 0; turn < turns; turn++) peel(fn, loop);
    resolveOperands(fn);
    // Dominators are out of date: the next loop waits for the next round.
    return true;
  }
  return false;
}

/** Copies to make: one more than the turns of the loop, so that the last one leaves. Null: leave the loop alone. */
function turnsToUnroll(fn: IrFunction, loop: Loop, doms: Dominators): number | null {
  const asked = fn.unroll.get(loop.header) ?? null;
  if (asked === 1 || fn.unrolled.has(loop.header)) return null;
  const limit = asked === null ? TURNS_UNASKED : TURNS_ASKED;
  let least: number | null = null;
  for (const block of loop.body) {
    const turns = turnsUntilExit(block, loop, doms, limit);
    if (turns !== null && (least === null || turns < least)) least = turns;
  }
  if (least === null) return null;
  let size = 0;
  for (const block of loop.body) size += codeLength(block) + 1;
  if (size * least > (asked === null ? SIZE_UNASKED : SIZE_ASKED)) return null;
  fn.unrolled.add(loop.header);
  return least + 1;
}

/** In which turn, from 0, the branch of a block leaves the loop, when a counter with constant start and step decides it. */
function turnsUntilExit(block: Block, loop: Loop, doms: Dominators, limit: number): number | null {
  const { end } = block;
  if (end.kind !== 'branch' || loop.body.has(end.yes) === loop.body.has(end.no)) return null;
  if (!loop.latches.every((latch) => dominates(doms, block, latch))) return null;
  const { condition } = end;
  if (condition.op !== 'compare') return null;
  const [left, right] = condition.args;
  if (left === undefined || right?.op !== 'const') return null;
  const isSum = left.op === 'binary' && left.kind === 'add' && left.args[1]?.op === 'const';
  const phi = isSum ? left.args[0] : left;
  const ahead = isSum && left.args[1]?.op === 'const' ? left.args[1].value : 0n;
  const counter = phi?.op === 'phi' ? counterOf(phi, loop) : null;
  if (counter === null) return null;
  const { width } = left;
  const leavesOn = !loop.body.has(end.yes);
  let value = counter.start;
  for (let turn = 0; turn <= limit; turn++) {
    const tested = BigInt.asUintN(width, value + ahead);
    if (evaluateCompare(condition.predicate, tested, right.value, width) === leavesOn) return turn;
    value += counter.step;
  }
  return null;
}

function counterOf(phi: PhiInst, loop: Loop): { start: bigint; step: bigint } | null {
  if (phi.block !== loop.header) return null;
  let start: bigint | null = null;
  let step: bigint | null = null;
  for (let i = 0; i < phi.args.length; i++) {
    const [arg, from] = [phi.args[i], phi.incoming[i]];
    if (arg === undefined || from === undefined) return null;
    if (!loop.body.has(from)) {
      if (arg.op !== 'const' || start !== null) return null;
      start = arg.value;
      continue;
    }
    const by =
      arg.op === 'binary' && arg.kind === 'add' && arg.args[0] === phi && arg.args[1]?.op === 'const' ? arg.args[1] : null;
    if (by === null || (step !== null && step !== by.value)) return null;
    step = by.value;
  }
  return start === null || step === null ? null : { start, step };
}

/** Where a value of the loop is read outside it other than by a phi at an exit. */
interface OutsideUse {
  readonly value: Inst;
  readonly exit: Block;
  readonly replace: (by: Inst) => void;
}

/**
 * Loop-closed form: every value that is read outside goes through a phi at an exit, so that copies of the loop have one place to
 * join. False, with nothing changed, where the shape of the exits does not allow it.
 */
function closeValues(fn: IrFunction, loop: Loop, doms: Dominators): boolean {
  const exits = [...new Set([...loop.body].flatMap((block) => successors(block).filter((next) => !loop.body.has(next))))];
  const dedicated = exits.filter((exit) => exit.preds.every((pred) => loop.body.has(pred)));
  const uses: OutsideUse[] = [];
  let possible = true;
  const note = (value: Inst | null | undefined, at: Block, replace: (by: Inst) => void): void => {
    if (value == null || value.block === null || !loop.body.has(value.block)) return;
    const exit = dedicated.find((candidate) => dominates(doms, candidate, at));
    if (exit === undefined) possible = false;
    else uses.push({ value, exit, replace });
  };
  for (const block of doms.order) {
    if (loop.body.has(block)) continue;
    for (const phi of block.phis) {
      if (phi.op !== 'phi') continue;
      phi.args.forEach((arg, i) => {
        const from = phi.incoming[i];
        if (from !== undefined && !loop.body.has(from)) note(arg, from, (by) => put(phi, i, by));
      });
    }
    for (const inst of block.body) {
      inst.args.forEach((arg, i) => {
        note(arg, block, (by) => put(inst, i, by));
      });
    }
    const { end } = block;
    if (end.kind === 'branch')
      note(end.condition, block, (by) => {
        end.condition = by;
      });
    if (end.kind === 'return')
      note(end.value, block, (by) => {
        end.value = by;
      });
  }
  if (!possible) return false;
  const made = new Map<Block, Map<Inst, Inst>>();
  for (const { value, exit, replace } of uses) {
    const phis = made.get(exit) ?? new Map<Inst, Inst>();
    made.set(exit, phis);
    let phi = phis.get(value);
    if (phi === undefined) {
      const incoming = [...exit.preds];
      phi = fn.make(
        { op: 'phi', incoming, variable: null, bound: null },
        value.width,
        incoming.map(() => value),
        value.place,
      );
      phi.block = exit;
      exit.phis.push(phi);
      phis.set(value, phi);
    }
    replace(phi);
  }
  if (made.size > 0) closeDebug(loop, doms, made);
  return true;
}

/** What the debugger shows of a value of the loop, outside it, is the phi where there is one; none is made for it. */
function closeDebug(loop: Loop, doms: Dominators, made: ReadonlyMap<Block, ReadonlyMap<Inst, Inst>>): void {
  for (const block of doms.order) {
    if (loop.body.has(block)) continue;
    for (const inst of block.body) {
      if (inst.op !== 'debug' || inst.holds === null) continue;
      const value = resolve(inst.holds);
      if (value.block === null || !loop.body.has(value.block)) continue;
      for (const [exit, phis] of made) if (dominates(doms, exit, block)) inst.holds = phis.get(value) ?? inst.holds;
    }
  }
}

const put = (inst: Inst, index: number, by: Inst): void => {
  inst.args[index] = by;
};

/** One copy of the loop in front of it: whatever entered the loop enters the copy, and the copy's back edges enter the loop. */
function peel(fn: IrFunction, loop: Loop): void {
  computePredecessors(fn);
  const { header, body } = loop;
  const outside = header.preds.filter((pred) => !body.has(pred));
  const blocks = new Map<Block, Block>();
  const values = new Map<Inst, Inst>();
  const ordered = fn.blocks.filter((block) => body.has(block));
  for (const block of ordered) blocks.set(block, fn.makeBlock(block.label));
  const copyOf = (inst: Inst): Inst => values.get(inst) ?? inst;
  enterCopy(fn, header, outside, blocks, values);
  for (const block of ordered) copyShells(fn, block, block === header, blocks, values);
  for (const block of ordered) {
    const copy = blocks.get(block);
    if (copy === undefined) continue;
    for (const inst of [...(block === header ? [] : block.phis), ...block.body]) {
      const made = values.get(inst);
      if (made === undefined) continue;
      made.args = inst.args.map(copyOf);
      if (made.op === 'debug' && made.holds !== null) made.holds = copyOf(resolve(made.holds));
      if (made.op === 'phi' && inst.op === 'phi') made.incoming = inst.incoming.map((from) => blocks.get(from) ?? from);
    }
    const to = (target: Block): Block => (target === header ? header : (blocks.get(target) ?? target));
    const { end } = block;
    if (end.kind === 'jump') copy.end = { ...end, target: to(end.target) };
    else if (end.kind === 'branch') copy.end = { ...end, condition: copyOf(end.condition), yes: to(end.yes), no: to(end.no) };
    else if (end.kind === 'return') copy.end = { ...end, value: end.value === null ? null : copyOf(end.value) };
    else copy.end = { ...end };
    for (const next of new Set(successors(block))) if (!body.has(next) || next === header) joinPhis(next, block, copy, copyOf);
  }
  for (const pred of outside) {
    for (const phi of header.phis) dropEdge(phi, pred);
    const { end } = pred;
    const start = blocks.get(header) ?? header;
    if (end.kind === 'jump' && end.target === header) end.target = start;
    if (end.kind === 'branch') {
      if (end.yes === header) end.yes = start;
      if (end.no === header) end.no = start;
    }
  }
  const at = fn.blocks.findIndex((block) => body.has(block));
  fn.blocks.splice(at, 0, ...ordered.flatMap((block) => blocks.get(block) ?? []));
  computePredecessors(fn);
}

/** What the header's phis are in the copy: the values from outside. */
function enterCopy(
  fn: IrFunction,
  header: Block,
  outside: readonly Block[],
  blocks: ReadonlyMap<Block, Block>,
  values: Map<Inst, Inst>,
): void {
  for (const phi of header.phis) {
    if (phi.op !== 'phi') continue;
    const args = outside.flatMap((pred) => phi.args[phi.incoming.indexOf(pred)] ?? []);
    const [only] = args;
    if (only !== undefined && args.length === 1) {
      values.set(phi, only);
      continue;
    }
    const made = fn.make({ op: 'phi', incoming: [...outside], variable: phi.variable, bound: null }, phi.width, args, phi.place);
    const copy = blocks.get(header) ?? header;
    made.block = copy;
    copy.phis.push(made);
    values.set(phi, made);
  }
}

/** Instructions without operands yet, so that copies can refer to what comes later. */
function copyShells(
  fn: IrFunction,
  block: Block,
  isHeader: boolean,
  blocks: ReadonlyMap<Block, Block>,
  values: Map<Inst, Inst>,
): void {
  const copy = blocks.get(block);
  if (copy === undefined) return;
  const shell = (inst: Inst): Inst => {
    const made = fn.copyOf(inst, copy);
    values.set(inst, made);
    return made;
  };
  if (!isHeader) copy.phis = block.phis.map(shell);
  copy.body = block.body.map(shell);
}

/** The phis of a block that both `from` and its copy lead to. */
function joinPhis(target: Block, from: Block, copy: Block, copyOf: (inst: Inst) => Inst): void {
  for (const phi of target.phis) {
    if (phi.op !== 'phi') continue;
    const value = phi.args[phi.incoming.indexOf(from)];
    if (value === undefined) continue;
    phi.incoming.push(copy);
    phi.args.push(copyOf(value));
  }
}

function dropEdge(phi: Inst, from: Block): void {
  if (phi.op !== 'phi') return;
  const at = phi.incoming.indexOf(from);
  if (at < 0) return;
  phi.incoming.splice(at, 1);
  phi.args.splice(at, 1);
}
