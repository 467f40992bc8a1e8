// Simplification of loads and stores: constant distances go into the offset field; reads of constant data give the data.
// Knows nothing of aliasing.

import { isReadOnly } from '../check-declarations.ts';
import { constantOf } from '../constant.ts';
import { variableBytes } from '../data-sections.ts';
import type { Inst, LoadInst } from '../ir.ts';
import type { GlobalVariable } from '../tree.ts';
import { qualifiersOf } from '../types.ts';
import type { FoldHost } from './fold.ts';

const contents = new WeakMap<GlobalVariable, ReturnType<typeof variableBytes>>();

type MemoryInst = Extract<Inst, { op: 'load' | 'store' | 'atomic' }>;

const fits = (offset: number): boolean => offset >= -32000 && offset <= 32000;

/** Folds the address; a load of constant data becomes the constant. */
export function foldMemory(host: FoldHost, inst: MemoryInst): Inst {
  // An offset that a loader fits to its kernel stays as it is.
  for (let base = inst.args[0]; base !== undefined && inst.core === undefined; base = inst.args[0]) {
    const field = base.op === 'binary' && base.kind === 'add' ? base.args[1] : undefined;
    if (field?.op === 'core-value' && inst.offset === 0 && base.args[0] !== undefined) {
      inst.offset = Number(field.value);
      inst.core = field.core;
      inst.args[0] = base.args[0];
    } else if (base.op === 'binary' && base.kind === 'add' && base.args[1]?.op === 'const' && base.args[0] !== undefined) {
      const offset = inst.offset + Number(BigInt.asIntN(64, base.args[1].value));
      if (!fits(offset)) break;
      inst.offset = offset;
      inst.args[0] = base.args[0];
    } else if (base.op === 'global' && base.offset !== 0 && fits(inst.offset + base.offset)) {
      inst.offset += base.offset;
      inst.args[0] = host.fn.globalAddress(base.variable, 0);
    } else break;
  }
  if (inst.op !== 'load' || inst.isVolatile) return inst;
  return constantLoad(host, inst) ?? inst;
}

function constantLoad(host: FoldHost, inst: LoadInst): Inst | null {
  const base = inst.args[0];
  if (base?.op !== 'global') return null;
  const { variable } = base;
  if (
    !(isReadOnly(variable) || variable.neverWritten === true) ||
    qualifiersOf(variable.type).volatile === true ||
    !variable.defined
  )
    return null;
  if (variable.section !== null && !variable.section.startsWith('.rodata')) return null;
  let data = contents.get(variable);
  if (data === undefined) {
    data = variableBytes(variable);
    contents.set(variable, data);
  }
  const at = inst.offset + base.offset;
  if (at < 0 || at + inst.size > data.bytes.length) return null;
  const pointer = data.pointers.find((candidate) => candidate.offset < at + inst.size && candidate.offset + 8 > at);
  if (pointer !== undefined) {
    const constant = constantOf(pointer.item.value);
    if (pointer.offset !== at || inst.size !== 8 || constant?.base == null) return null;
    const { base: symbol, value } = constant;
    return symbol.kind === 'global'
      ? host.fn.globalAddress(symbol, Number(BigInt.asIntN(32, value)))
      : host.fn.functionAddress(symbol);
  }
  let value = 0n;
  for (let i = inst.size - 1; i >= 0; i--) value = (value << 8n) | BigInt(data.bytes[at + i] ?? 0);
  const extended = inst.isSigned ? BigInt.asIntN(inst.size * 8, value) : value;
  return host.fn.constant(extended, inst.width);
}
