// Spin locks: taking and giving them back, what may be called meanwhile, and whether a list or tree is under the lock that
// guards it (Linux kernel/bpf/verifier.c, process_spin_lock, check_reg_allocation_locked). Knows nothing of other calls.

import { forgetNonOwning } from './references.ts';
import { FLAG, KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import type { SpecialField } from './special-fields.ts';
import type { Walk } from './walk.ts';

const isObject = (reg: Reg): boolean => reg.kind === KIND.BTF_PTR && (reg.flags & FLAG.OBJECT) !== 0;

/** Special fields of what a register points to; empty for anything but map values and objects. */
export function fieldsBehind(walk: Walk, reg: Reg): readonly SpecialField[] {
  if (reg.kind === KIND.MAP_VALUE && reg.map !== null) return walk.rules.model?.structs.ofMap(reg.map).fields ?? [];
  return reg.kind === KIND.BTF_PTR ? (reg.struct?.fields ?? []) : [];
}

/** True while a function runs that orders a tree. */
export const ordersTree = (walk: Walk): boolean => walk.state.frames.some((frame) => frame.callback?.ordersTree === true);

const identity = (reg: Reg): number => (reg.ref !== 0 ? reg.ref : reg.kind === KIND.MAP_VALUE ? reg.mapUid : reg.id);

/** bpf_spin_lock and bpf_spin_unlock. */
export function transferLock(walk: Walk, index: number, locks: boolean): boolean {
  const reg = walk.reg(index);
  const name = locks ? 'lock' : 'unlock';
  if (reg.nullable || (reg.kind !== KIND.MAP_VALUE && !isObject(reg))) {
    return walk.refuse('argument-kind', { reg: index, kind: kindName(reg), expected: 'map_value, ptr_' });
  }
  if (ordersTree(walk)) return walk.refuse('lock-in-order', {});
  if (!isConst(reg.value))
    return walk.refuse('field-offset-varies', { reg: index, what: `bpf_spin_${name}`, field: 'bpf_spin_lock' });
  const lock = fieldsBehind(walk, reg).find((field) => field.kind === 'bpf_spin_lock');
  if (lock === undefined) {
    const owner = reg.kind === KIND.MAP_VALUE ? 'map' : 'local';
    return walk.refuse('no-lock', { owner, name: reg.kind === KIND.MAP_VALUE ? (reg.map?.name ?? '') : 'kptr' });
  }
  const offset = Number(reg.value.smin);
  if (lock.offset !== offset) return walk.refuse('not-the-lock', { off: offset, at: lock.offset });
  const map = reg.kind === KIND.MAP_VALUE ? reg.map : null;
  const held = walk.state.lock;
  if (locks) {
    if (held !== null) return walk.refuse('two-locks', {});
    walk.state.lock = { map, id: identity(reg) };
    return true;
  }
  if (held === null) return walk.refuse('unlock-without-lock', {});
  if (held.map !== map || held.id !== identity(reg)) return walk.refuse('unlock-other', {});
  walk.state.lock = null;
  forgetNonOwning(walk.state);
  return true;
}

/** The list or tree behind `reg` is guarded by the lock that is held. */
export function checkGuarded(walk: Walk, reg: Reg, root: SpecialField): boolean {
  const lock = fieldsBehind(walk, reg).find((field) => field.kind === 'bpf_spin_lock');
  const values = { at: lock?.offset ?? 0, field: root.kind };
  const held = walk.state.lock;
  if (held === null) return walk.refuse('lock-not-held', values);
  const map = reg.kind === KIND.MAP_VALUE ? reg.map : null;
  if (held.map === map && held.id === identity(reg)) return true;
  return walk.refuse('other-lock-held', values, '', [`bpf_spin_lock at off=${values.at} must be held for ${root.kind}`]);
}
