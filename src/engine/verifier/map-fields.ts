// Loads and stores of map values where the value has fields that belong to the kernel (Linux kernel/bpf/verifier.c,
// check_map_access and check_map_kptr_access). Knows nothing of other memory.

import type { Reg } from './register.ts';
import { isConst } from './scalar.ts';
import { specialFieldTouched } from './special-fields.ts';
import { loadKptr } from './transfer-struct.ts';
import type { Walk } from './walk.ts';

/**
 * Special fields of a map value that bytes [offset, offset + size) touch: none (undefined), a pointer the value owns, read as
 * such, or a refusal (null).
 */
export function specialOfMap(walk: Walk, reg: Reg, offset: number, size: number, write: boolean): Reg | null | undefined {
  const fields = reg.map === null ? [] : (walk.rules.model?.structs.ofMap(reg.map).fields ?? []);
  if (fields.length === 0) return undefined;
  const low = Number(reg.value.smin) + offset;
  const field = specialFieldTouched(fields, low, Number(reg.value.umax) + offset + size - low);
  if (field === null) return undefined;
  if (field.kind !== 'kptr') walk.refuse('special-field-in-map', { field: field.kind }, `map ${reg.map?.name ?? ''}`);
  else if (!isConst(reg.value)) walk.refuse('kptr-offset-varies', {});
  else if (low !== field.offset) walk.refuse('kptr-misaligned', { at: field.offset, off: low });
  else if (size !== 8) walk.refuse('kptr-size', {});
  else if (write) walk.refuse('kptr-store', {});
  else return loadKptr(walk, field.target());
  return null;
}
