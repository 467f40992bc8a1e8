// Arguments of helpers that only struct_ops programs have: locks, pointers that structures own, views of bytes (Linux
// kernel/bpf/verifier.c, process_kptr_func, process_dynptr_func). Knows nothing of kernel functions.

import type { CallFacts } from './helper-arguments.ts';
import { fieldsBehind, transferLock } from './locks.ts';
import type { HelperArg, HelperRule } from './program-rules.ts';
import { FLAG, isNull, KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import { specialFieldAt } from './special-fields.ts';
import { dynptrAt, placeForDynptr } from './stack-objects.ts';
import type { Walk } from './walk.ts';

/** Arguments that {@link checkObjectArgument} knows. */
export const OBJECT_ARGUMENTS: readonly HelperArg[] = [
  'spin-lock',
  'spin-unlock',
  'kptr-field',
  'kptr-value',
  'dynptr',
  'dynptr-new',
  'dynptr-memory',
];

/** The place that owns a pointer: a kptr field of a map value or of an object. */
function checkKptrField(walk: Walk, index: number, reg: Reg, facts: CallFacts): boolean {
  const held = reg.ref !== 0 || (reg.flags & FLAG.NON_OWNING) !== 0;
  const isObject = reg.kind === KIND.BTF_PTR && (reg.flags & FLAG.OBJECT) !== 0 && held;
  if (reg.nullable || (reg.kind !== KIND.MAP_VALUE && !isObject))
    return walk.refuse('argument-kind', { reg: index, kind: kindName(reg), expected: 'map_value, ptr_' });
  if (!isConst(reg.value)) return walk.refuse('field-offset-varies', { reg: index, what: 'bpf_kptr_xchg', field: 'kptr' });
  const fields = fieldsBehind(walk, reg);
  if (!fields.some((field) => field.kind === 'kptr')) return walk.refuse('no-kptr', { reg: index });
  const offset = Number(reg.value.smin);
  const field = specialFieldAt(fields, offset, 'kptr');
  if (field === null) return walk.refuse('not-a-kptr', { off: offset });
  if (field.unowned) return walk.refuse('kptr-not-owning', { off: offset });
  facts.kptr = field;
  return true;
}

/** What goes into the field: NULL, or an owned pointer to exactly the field's structure. */
function checkKptrValue(walk: Walk, rule: HelperRule, index: number, reg: Reg, facts: CallFacts): boolean {
  if (isNull(reg)) return true;
  if (reg.kind !== KIND.BTF_PTR)
    return walk.refuse('argument-kind', { reg: index, kind: kindName(reg), expected: 'ptr_, trusted_ptr_, rcu_ptr_' });
  const target = facts.kptr?.target() ?? null;
  const forbidden =
    target?.ofKernel === true ? FLAG.UNTRUSTED | FLAG.NON_OWNING | FLAG.OBJECT : FLAG.UNTRUSTED | FLAG.NON_OWNING | FLAG.RCU;
  const start = isConst(reg.value) && reg.value.smin === 0n;
  if ((reg.flags & forbidden) !== 0 || reg.struct !== target) {
    const values = { reg: index, kind: `${kindName(reg)}${reg.struct?.name ?? ''}`, struct: target?.name ?? '?' };
    return walk.refuse('kptr-wrong-struct', values);
  }
  if (!start) return walk.refuse('release-offset', { reg: index });
  if (reg.ref === 0) {
    if (walk.rules.model?.kernel === '7.2') return walk.refuse('release-unreferenced', { name: rule.name, reg: index });
    return walk.refuse('release-unreferenced-old', { reg: index });
  }
  facts.releasedRef = reg.ref;
  return true;
}

/** One argument of these kinds. */
export function checkObjectArgument(walk: Walk, rule: HelperRule, arg: HelperArg, index: number, facts: CallFacts): boolean {
  const reg = walk.reg(index);
  switch (arg) {
    case 'spin-lock':
      return transferLock(walk, index, true);
    case 'spin-unlock':
      return transferLock(walk, index, false);
    case 'kptr-field':
      return checkKptrField(walk, index, reg, facts);
    case 'kptr-value':
      return checkKptrValue(walk, rule, index, reg, facts);
    case 'dynptr':
      facts.view = dynptrAt(walk, index);
      return facts.view !== null;
    case 'dynptr-memory':
      if (reg.kind === KIND.MAP_VALUE && !reg.nullable) return true;
      return walk.refuse('argument-kind', { reg: index, kind: kindName(reg), expected: 'map_value' });
    default:
      facts.place = placeForDynptr(walk, index);
      return facts.place !== null;
  }
}
