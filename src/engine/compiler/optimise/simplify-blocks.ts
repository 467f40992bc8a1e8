// Simplification of the block graph: branches with a known outcome, unreachable and empty blocks, chains of blocks, and jumps
// through a block whose branch the way taken decides already (jump threading).

import {
  type Block,
  codeLength,
  computePredecessors,
  dropIncoming,
  type Inst,
  type IrFunction,
  type PhiInst,
  resolve,
  reversePostorder,
  successors,
} from '../ir.ts';
import { carryAround } from './debug-values.ts';
import { evaluateCompare } from './fold.ts';

/** Returns true when anything changed. Needs resolved operands. */
export function simplifyBlocks(fn: IrFunction): boolean {
  let changed = false;
  for (let round = 0; round < 10; round++) {
    let again = decideBranches(fn);
    if (again || round === 0) dropUnreachable(fn);
    again = threadJumps(fn) || again;
    again = skipEmpty(fn) || again;
    again = mergeChains(fn) || again;
    changed ||= again;
    if (!again) break;
  }
  return changed;
}

function decideBranches(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const { end } = block;
    if (end.kind !== 'branch') continue;
    const condition = resolve(end.condition);
    if (end.yes !== end.no && condition.op !== 'const' && condition.op !== 'undef') continue;
    const taken = condition.op === 'const' && condition.value === 0n ? end.no : end.yes;
    const other = taken === end.yes ? end.no : end.yes;
    if (other !== taken) dropIncoming(other, block);
    block.end = { kind: 'jump', target: taken, place: end.place };
    changed = true;
  }
  return changed;
}

/** Takes out blocks nothing reaches, and their edges. */
export function dropUnreachable(fn: IrFunction): boolean {
  const reached = reversePostorder(fn).length;
  computePredecessors(fn);
  if (reached === fn.blocks.length) return false;
  for (const block of fn.blocks) {
    if (block.order >= 0) continue;
    for (const next of successors(block)) if (next.order >= 0) dropIncoming(next, block);
  }
  fn.blocks = fn.blocks.filter((block) => block.order >= 0);
  computePredecessors(fn);
  return true;
}

function redirect(block: Block, from: Block, to: Block): void {
  const { end } = block;
  if (end.kind === 'jump') {
    if (end.target === from) end.target = to;
  } else if (end.kind === 'branch') {
    if (end.yes === from) end.yes = to;
    if (end.no === from) end.no = to;
  }
}

/** Blocks that only jump on: their predecessors go there directly. */
function skipEmpty(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const { end } = block;
    if (block === fn.blocks[0] || end.kind !== 'jump' || codeLength(block) > 0 || block.phis.length > 0 || end.target === block)
      continue;
    const { target } = end;
    // A predecessor that reaches the target already would need two values for one phi.
    if (target.phis.length > 0 && block.preds.some((pred) => target.preds.includes(pred))) continue;
    const { preds } = block;
    for (const pred of preds) {
      carryAround(block, pred, target);
      redirect(pred, block, target);
    }
    target.preds = [...new Set([...target.preds.filter((pred) => pred !== block), ...preds])];
    for (const phi of target.phis) {
      if (phi.op !== 'phi') continue;
      const at = phi.incoming.indexOf(block);
      const value = phi.args[at];
      if (at < 0 || value === undefined) continue;
      phi.incoming.splice(at, 1, ...preds);
      phi.args.splice(at, 1, ...preds.map(() => value));
    }
    block.preds = [];
    block.end = { kind: 'unreachable', place: end.place };
    changed = true;
  }
  if (changed) dropUnreachable(fn);
  return changed;
}

/** A block with one way out joins a block with one way in. */
function mergeChains(fn: IrFunction): boolean {
  let changed = false;
  const gone = new Set<Block>();
  for (const block of fn.blocks) {
    if (gone.has(block)) continue;
    for (;;) {
      const { end } = block;
      if (end.kind !== 'jump') break;
      const next = end.target;
      if (next === block || next === fn.blocks[0] || next.preds.length !== 1 || next.phis.length > 0) break;
      for (const inst of next.body) inst.block = block;
      block.body.push(...next.body);
      block.end = next.end;
      for (const after of successors(next)) {
        after.preds = after.preds.map((pred) => (pred === next ? block : pred));
        for (const phi of after.phis)
          if (phi.op === 'phi') phi.incoming = phi.incoming.map((from) => (from === next ? block : from));
      }
      gone.add(next);
      changed = true;
    }
  }
  if (changed) {
    fn.blocks = fn.blocks.filter((block) => !gone.has(block));
    computePredecessors(fn);
  }
  return changed;
}

const firstCode = (block: Block): Inst | undefined => block.body.find((inst) => inst.op !== 'debug');

/** What a block decides on: one of its own phis, or its comparison with a constant. */
function decidingPhi(block: Block): { phi: PhiInst; compare: Extract<Inst, { op: 'compare' }> | null } | null {
  const { end } = block;
  if (end.kind !== 'branch' || end.yes === end.no) return null;
  const { condition } = end;
  if (condition.op === 'phi' && condition.block === block && codeLength(block) === 0) return { phi: condition, compare: null };
  if (condition.op !== 'compare' || codeLength(block) !== 1 || firstCode(block) !== condition) return null;
  const [left, right] = condition.args;
  if (left?.op !== 'phi' || left.block !== block || right?.op !== 'const') return null;
  return { phi: left, compare: condition };
}

/** Predecessors whose value decides the branch jump to its target. */
function threadJumps(fn: IrFunction): boolean {
  let changed = false;
  const outside = usesOutside(fn);
  for (const block of [...fn.blocks]) {
    const deciding = decidingPhi(block);
    const { end } = block;
    if (deciding === null || end.kind !== 'branch' || outside.has(block)) continue;
    for (const pred of [...deciding.phi.incoming]) {
      const value = deciding.phi.args[deciding.phi.incoming.indexOf(pred)];
      if (value?.op !== 'const' || pred === block) continue;
      const { compare } = deciding;
      const other = compare?.args[1];
      const truth =
        compare === null || other?.op !== 'const'
          ? value.value !== 0n
          : evaluateCompare(compare.predicate, value.value, other.value, value.width);
      const target = truth ? end.yes : end.no;
      if (target === block || target.preds.includes(pred)) continue;
      if (pred.end.kind === 'branch' && pred.end.yes === pred.end.no) continue;
      thread(block, pred, target);
      block.preds = block.preds.filter((other) => other !== pred);
      target.preds = [...target.preds, pred];
      changed = true;
    }
  }
  if (changed) dropUnreachable(fn);
  return changed;
}

function thread(block: Block, pred: Block, target: Block): void {
  for (const phi of target.phis) {
    if (phi.op !== 'phi') continue;
    const value = phi.args[phi.incoming.indexOf(block)];
    if (value === undefined) continue;
    const own = value.op === 'phi' && value.block === block ? value.args[value.incoming.indexOf(pred)] : value;
    phi.incoming.push(pred);
    phi.args.push(own ?? value);
  }
  carryAround(block, pred, target);
  redirect(pred, block, target);
  dropIncoming(block, pred);
}

/** Blocks with a value that is read outside the block other than by phis of direct successors along their edge. */
function usesOutside(fn: IrFunction): Set<Block> {
  const found = new Set<Block>();
  const note = (inst: Inst, reader: Block): void => {
    if (inst.block !== null && inst.block !== reader) found.add(inst.block);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (phi.op !== 'phi') continue;
      phi.args.forEach((arg, i) => {
        const from = phi.incoming[i];
        if (from !== undefined) note(arg, from);
        // A comparison read by a phi cannot be carried along the threaded edge.
        if (arg.op === 'compare' && arg.block !== null) found.add(arg.block);
      });
    }
    for (const inst of block.body) for (const arg of inst.args) note(arg, block);
    const { end } = block;
    if (end.kind === 'branch') note(end.condition, block);
    else if (end.kind === 'return' && end.value !== null) note(end.value, block);
  }
  return found;
}
