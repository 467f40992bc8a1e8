// Table of built-in functions: name, how many arguments, and what they become. Data only; check-calls.ts applies it.

import { CHAR, type CType, INT, LLONG, LONG, type PointerType, UINT, ULLONG, ULONG, USHORT, VOID } from '../abi/ctype.ts';
import type { IntrinsicName } from './tree.ts';

export interface BuiltinRow {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly rule:
    | { readonly kind: 'fixed'; readonly params: readonly CType[]; readonly returns: CType; readonly intrinsic: IntrinsicName }
    /** First argument points to the object; `operands` values of its type follow; memory orders behind them are ignored. */
    | {
        readonly kind: 'atomic';
        readonly operands: number;
        readonly returns: 'value' | 'bool' | 'void';
        readonly intrinsic: IntrinsicName;
      }
    /** `operands`: the type both are converted to first; null: each keeps its own. */
    | { readonly kind: 'overflow'; readonly intrinsic: IntrinsicName; readonly operands: CType | null }
    | { readonly kind: 'special' };
}

const CONST_VOID: CType = { kind: 'qualified', of: VOID, qualifiers: { const: true } };
const POINTER: PointerType = { kind: 'pointer', to: VOID };
const CONST_POINTER: PointerType = { kind: 'pointer', to: CONST_VOID };
const TEXT: PointerType = { kind: 'pointer', to: { kind: 'qualified', of: CHAR, qualifiers: { const: true } } };

const rows: BuiltinRow[] = [];
const fixed = (name: string, intrinsic: IntrinsicName, returns: CType, ...params: CType[]): void => {
  rows.push({ name, least: params.length, most: params.length, rule: { kind: 'fixed', params, returns, intrinsic } });
};

fixed('__builtin_bswap16', 'bswap', USHORT, USHORT);
fixed('__builtin_bswap32', 'bswap', UINT, UINT);
fixed('__builtin_bswap64', 'bswap', ULONG, ULONG);
for (const [suffix, type] of [
  ['', UINT],
  ['l', ULONG],
  ['ll', ULLONG],
] as const) {
  fixed(`__builtin_clz${suffix}`, 'clz', INT, type);
  fixed(`__builtin_ctz${suffix}`, 'ctz', INT, type);
  fixed(`__builtin_ffs${suffix}`, 'ffs', INT, type);
  fixed(`__builtin_popcount${suffix}`, 'popcount', INT, type);
  fixed(`__builtin_parity${suffix}`, 'parity', INT, type);
}
for (const prefix of ['__builtin_', '']) {
  fixed(`${prefix}abs`, 'abs', INT, INT);
  fixed(`${prefix}labs`, 'abs', LONG, LONG);
  fixed(`${prefix}llabs`, 'abs', LLONG, LLONG);
  fixed(`${prefix}memcpy`, 'memcpy', POINTER, POINTER, CONST_POINTER, ULONG);
  fixed(`${prefix}memmove`, 'memmove', POINTER, POINTER, CONST_POINTER, ULONG);
  fixed(`${prefix}memset`, 'memset', POINTER, POINTER, INT, ULONG);
  fixed(`${prefix}memcmp`, 'memcmp', INT, CONST_POINTER, CONST_POINTER, ULONG);
  fixed(`${prefix}strlen`, 'strlen', ULONG, TEXT);
  fixed(`${prefix}strcmp`, 'strcmp', INT, TEXT, TEXT);
}
fixed('__builtin_memcpy_inline', 'memcpy', POINTER, POINTER, CONST_POINTER, ULONG);
fixed('__builtin_unreachable', 'unreachable', VOID);
fixed('__builtin_trap', 'trap', VOID);
fixed('__sync_synchronize', 'barrier', VOID);
fixed('__atomic_thread_fence', 'barrier', VOID, INT);
fixed('__atomic_signal_fence', 'barrier', VOID, INT);
fixed('__builtin_bpf_may_goto', 'may-goto', INT);

const atomic = (
  name: string,
  intrinsic: IntrinsicName,
  operands: number,
  orders: number,
  returns: 'value' | 'bool' | 'void',
): void => {
  rows.push({
    name,
    least: 1 + operands,
    most: 1 + operands + orders,
    rule: { kind: 'atomic', operands, returns, intrinsic },
  });
};
for (const op of ['add', 'sub', 'and', 'or', 'xor'] as const) {
  atomic(`__sync_fetch_and_${op}`, `atomic-fetch-${op}`, 1, 4, 'value');
  atomic(`__sync_${op}_and_fetch`, `atomic-${op}-fetch`, 1, 4, 'value');
  atomic(`__atomic_fetch_${op}`, `atomic-fetch-${op}`, 1, 1, 'value');
  atomic(`__atomic_${op}_fetch`, `atomic-${op}-fetch`, 1, 1, 'value');
}
atomic('__sync_val_compare_and_swap', 'atomic-compare-exchange-value', 2, 4, 'value');
atomic('__sync_bool_compare_and_swap', 'atomic-compare-exchange-bool', 2, 4, 'bool');
atomic('__sync_lock_test_and_set', 'atomic-exchange', 1, 4, 'value');
atomic('__sync_lock_release', 'atomic-store', 0, 4, 'void');
atomic('__atomic_exchange_n', 'atomic-exchange', 1, 1, 'value');
atomic('__atomic_compare_exchange_n', 'atomic-compare-exchange-n', 2, 3, 'bool');
atomic('__atomic_load_n', 'atomic-load', 0, 1, 'value');
atomic('__atomic_store_n', 'atomic-store', 1, 1, 'void');

for (const [name, intrinsic] of [
  ['__builtin_add_overflow', 'add-overflow'],
  ['__builtin_sub_overflow', 'sub-overflow'],
  ['__builtin_mul_overflow', 'mul-overflow'],
] as const)
  rows.push({ name, least: 3, most: 3, rule: { kind: 'overflow', intrinsic, operands: null } });
for (const op of ['add', 'sub', 'mul'] as const) {
  for (const [sign, width, operands] of [
    ['s', '', INT],
    ['s', 'l', LONG],
    ['s', 'll', LLONG],
    ['u', '', UINT],
    ['u', 'l', ULONG],
    ['u', 'll', ULLONG],
  ] as const) {
    const name = `__builtin_${sign}${op}${width}_overflow`;
    rows.push({ name, least: 3, most: 3, rule: { kind: 'overflow', intrinsic: `${op}-overflow`, operands } });
  }
}

for (const [name, least, most] of [
  ['__atomic_load', 3, 3],
  ['__atomic_store', 3, 3],
  ['__atomic_exchange', 4, 4],
  ['__atomic_compare_exchange', 6, 6],
  ['__builtin_choose_expr', 3, 3],
  ['__builtin_constant_p', 1, 1],
  ['__builtin_expect', 2, 2],
  ['__builtin_expect_with_probability', 3, 3],
  ['__builtin_assume_aligned', 2, 3],
  ['__builtin_preserve_access_index', 1, 1],
  ['__builtin_launder', 1, 1],
  ['__builtin_assume', 1, 1],
  ['__builtin_prefetch', 1, 3],
  ['__builtin_object_size', 2, 2],
  ['__builtin_btf_type_id', 2, 2],
  ['__builtin_preserve_type_info', 2, 2],
  ['__builtin_preserve_field_info', 2, 2],
  ['__builtin_preserve_enum_value', 2, 2],
  ['__builtin_va_start', 0, 9],
  ['__builtin_va_end', 0, 9],
  ['__builtin_va_arg', 0, 9],
  ['__builtin_va_copy', 0, 9],
  ['__builtin_alloca', 1, 1],
  ['__builtin_frame_address', 1, 1],
  ['__builtin_return_address', 1, 1],
] as const)
  rows.push({ name, least, most, rule: { kind: 'special' } });

/** By name. Names without the prefix count only where the program declares nothing of that name. */
export const BUILTINS: ReadonlyMap<string, BuiltinRow> = new Map(rows.map((row) => [row.name, row]));
