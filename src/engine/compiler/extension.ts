// What is known about the upper half of the register that holds a 32-bit value: zero, or copies of the sign. Decides which
// widenings cost nothing. A fixpoint over phis. Knows the machine's rule that 32-bit operations clear the upper half.

import type { Inst, IrFunction } from './ir.ts';

export interface Extension {
  /** Upper 32 bits are zero. */
  readonly zero: boolean;
  /** The register holds the value sign-extended to 64 bits; for a load: it is to be made by a sign-extending load. */
  readonly sign: boolean;
}

/** Facts for all 32-bit values (and for 64-bit values below 2^32, `zero`). `signLoads`: the instruction set has sign-extending loads. */
export function extensionsOf(fn: IrFunction, signLoads: boolean): Map<Inst, Extension> {
  const facts = new Map<Inst, Extension>();
  const onlyWidened = signLoads ? loadsOnlyWidened(fn) : new Set<Inst>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of fn.blocks) {
      for (const inst of [...block.phis, ...block.body]) {
        const fact = judge(inst, facts, signLoads, onlyWidened);
        const old = facts.get(inst);
        if (old === undefined || old.zero !== fact.zero || old.sign !== fact.sign) {
          facts.set(inst, fact);
          changed = true;
        }
      }
    }
  }
  return facts;
}

/** Loads of int whose only readers sign-extend them. */
function loadsOnlyWidened(fn: IrFunction): Set<Inst> {
  const good = new Set<Inst>();
  const bad = new Set<Inst>();
  for (const block of fn.blocks) {
    for (const inst of [...block.phis, ...block.body]) {
      for (const arg of inst.args) {
        if (arg.op !== 'load' || arg.size !== 4) continue;
        (inst.op === 'sext' && inst.from === 32 ? good : bad).add(arg);
      }
    }
    const { end } = block;
    if (end.kind === 'branch') bad.add(end.condition);
    else if (end.kind === 'return' && end.value !== null) bad.add(end.value);
  }
  for (const inst of bad) good.delete(inst);
  return good;
}

const NO: Extension = { zero: false, sign: false };
const ZERO: Extension = { zero: true, sign: false };

function judge(inst: Inst, facts: ReadonlyMap<Inst, Extension>, signLoads: boolean, onlyWidened: ReadonlySet<Inst>): Extension {
  switch (inst.op) {
    case 'phi': {
      let zero = true;
      for (const arg of inst.args) zero &&= isZero(arg, facts);
      return { zero, sign: false };
    }
    case 'select':
      return { zero: inst.args.slice(1).every((arg) => isZero(arg, facts)), sign: false };
    case 'load':
      if (inst.size === 8) return NO;
      if (signLoads && ((inst.isSigned && inst.size < 4) || onlyWidened.has(inst))) return { zero: false, sign: true };
      return ZERO;
    case 'binary':
    case 'sext':
    case 'compare':
    case 'bswap':
      return inst.width === 32 ? ZERO : NO;
    case 'zext':
    case 'core-value':
      return ZERO;
    case 'trunc':
      return { zero: inst.args[0] !== undefined && isZero(inst.args[0], facts), sign: false };
    case 'call':
      return inst.width === 32 ? ZERO : NO;
    case 'atomic':
      return inst.size === 4 ? ZERO : NO;
    default:
      return NO;
  }
}

/** Unknown operands of a phi count as zero until shown otherwise: the fixpoint starts optimistic. */
function isZero(inst: Inst, facts: ReadonlyMap<Inst, Extension>): boolean {
  if (inst.op === 'const') return inst.width === 32 || inst.value <= 0xffff_ffffn;
  if (inst.op === 'undef') return true;
  if (inst.op === 'param' || inst.op === 'slot' || inst.op === 'global' || inst.op === 'function') return false;
  return facts.get(inst)?.zero ?? true;
}
