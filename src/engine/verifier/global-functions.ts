// Global functions of struct_ops programs: each is walked once by itself, for any arguments its prototype allows, and its
// callers only check what they pass (Linux kernel/bpf/verifier.c, btf_check_func_arg_match, do_check_subprogs). Knows nothing
// of static functions, which are walked at each call.

import { bare, type CType, type FunctionType, sizeOf } from '../abi/ctype.ts';
import { STARTS_ANONYMOUS } from '../abi/kernel-structs.ts';
import type { Subprogram } from '../object/link.ts';
import { clearCallerSaved } from './call-frames.ts';
import { checkMemory } from './helper-arguments.ts';
import { FLAG, isNull, KIND, NOT_INIT, pointerReg, type Reg, regWith, UNKNOWN } from './register.ts';
import { isConst } from './scalar.ts';
import type { Walk } from './walk.ts';

/** The prototype of a function, where the object knows it. */
export function prototypeOf(part: Subprogram | undefined): FunctionType | null {
  const type = part?.type ?? null;
  const t = type === null ? null : bare(type);
  return t?.kind === 'function' ? t : null;
}

type Parameter = FunctionType['params'][number];

type Wanted =
  | { readonly kind: 'number' }
  | { readonly kind: 'context' }
  | { readonly kind: 'struct'; readonly name: string; readonly nullable: boolean; readonly trusted: boolean }
  | { readonly kind: 'memory'; readonly size: number; readonly nullable: boolean; readonly struct: string };

/** What a parameter stands for. */
function wantedOf(parameter: Parameter): Wanted {
  const type = bare(parameter.type);
  if (type.kind !== 'pointer') return { kind: 'number' };
  const tags = parameter.tags ?? [];
  const has = (tag: string): boolean => tags.includes(`arg:${tag}`);
  if (has('ctx')) return { kind: 'context' };
  const to: CType = bare(type.to);
  const name = to.kind === 'struct' || to.kind === 'union' ? (to.tag ?? '') : '';
  if (has('trusted') || has('untrusted')) return { kind: 'struct', name, nullable: has('nullable'), trusted: has('trusted') };
  return { kind: 'memory', size: sizeOf(type.to), nullable: !has('nonnull'), struct: name };
}

/** Registers a global function starts with when it is walked by itself. */
export function startGlobalFunction(walk: Walk, part: Subprogram): void {
  const prototype = prototypeOf(part);
  const frame = walk.frame();
  for (let r = 1; r <= 5; r++) {
    const parameter = prototype?.params[r - 1];
    frame.regs[r] = parameter === undefined ? NOT_INIT : startOf(walk, wantedOf(parameter));
  }
  walk.entryReturnsNothing = prototype !== null && bare(prototype.returns).kind === 'void';
}

function startOf(walk: Walk, wanted: Wanted): Reg {
  switch (wanted.kind) {
    case 'number':
      return UNKNOWN;
    case 'context':
      return pointerReg(KIND.CTX);
    case 'struct': {
      const struct = walk.rules.model?.structs.ofKernel(wanted.name) ?? null;
      if (struct === null) return UNKNOWN;
      const id = wanted.nullable ? walk.newId() : 0;
      return pointerReg(KIND.BTF_PTR, {
        struct,
        flags: wanted.trusted ? FLAG.TRUSTED : FLAG.UNTRUSTED,
        nullable: wanted.nullable,
        id,
      });
    }
    case 'memory':
      return pointerReg(KIND.MEM, { size: wanted.size, nullable: wanted.nullable, id: wanted.nullable ? walk.newId() : 0 });
  }
}

function suits(walk: Walk, wanted: Wanted, index: number): boolean {
  const reg = walk.reg(index);
  if (reg.kind === KIND.NONE) return walk.refuse('unread-register', { reg: index });
  switch (wanted.kind) {
    case 'number':
      return reg.kind === KIND.SCALAR || walk.refuse('function-argument-number', { reg: index });
    case 'context':
      return reg.kind === KIND.CTX || walk.refuse('argument-kind', { reg: index, kind: walk.kindOf(index), expected: 'ctx' });
    case 'struct': {
      if (wanted.nullable && isNull(reg)) return true;
      const valid = reg.ref !== 0 || (reg.flags & FLAG.TRUSTED) !== 0;
      const start = isConst(reg.value) && reg.value.smin === 0n;
      const fits = reg.kind === KIND.BTF_PTR && reg.struct?.name === wanted.name && start && (!reg.nullable || wanted.nullable);
      if (fits && (valid || !wanted.trusted)) return true;
      return walk.refuse('argument-kind', { reg: index, kind: walk.kindOf(index), expected: 'ptr_, trusted_ptr_, rcu_ptr_' });
    }
    case 'memory': {
      if (wanted.nullable && isNull(reg)) return true;
      if (reg.kind === KIND.BTF_PTR) {
        const struct = STARTS_ANONYMOUS.includes(reg.struct?.name ?? '') ? '(anon)' : (reg.struct?.name ?? '?');
        return walk.refuse(
          'struct-beyond',
          { struct, off: 0, size: wanted.size },
          'a kernel structure is passed as plain memory',
        );
      }
      return checkMemory(walk, index, regWith(reg, { nullable: false }), wanted.size, true, false);
    }
  }
}

/** A call of a global function: the arguments fit its prototype; it gives a number or nothing. */
export function callGlobalFunction(walk: Walk, part: Subprogram, number: number): boolean {
  if (walk.state.lock !== null) return walk.refuse('global-call-in-lock', {}, '', ['use static function instead']);
  const prototype = prototypeOf(part);
  for (let i = 0; i < Math.min(prototype?.params.length ?? 0, 5); i++) {
    const parameter = prototype?.params[i];
    if (parameter === undefined || suits(walk, wantedOf(parameter), i + 1)) continue;
    walk.addDetail(`Caller passes invalid args into func#${number} ('${part.name}')`, 22);
    return false;
  }
  clearCallerSaved(walk.frame());
  walk.setReg(0, prototype !== null && bare(prototype.returns).kind === 'void' ? NOT_INIT : UNKNOWN);
  return true;
}
