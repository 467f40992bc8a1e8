// BTF-style map definitions: a struct in SEC(".maps") whose member types say what the map is (libbpf's bpf_helpers.h: __uint,
// __type, __array). Reads the types; nothing of the struct exists at run time.

import { type CType, sizeOf } from '../abi/ctype.ts';
import { mapTypeOf } from '../abi/map-types.ts';
import type { LineEntry, MapSlot, ObjectMap } from '../object/program-object.ts';
import { constantOf } from './constant.ts';
import type { Reporter } from './report.ts';
import type { Place } from './token.ts';
import type { FunctionSymbol, GlobalVariable } from './tree.ts';
import { arrayOf, pointerOf, recordOf } from './types.ts';

interface Draft {
  readonly numbers: Map<string, number>;
  keyType: CType | null;
  valueType: CType | null;
  inner: ObjectMap | null;
}

const POINTER_BYTES = 8;
const NUMBERS: ReadonlySet<string> = new Set([
  'type',
  'max_entries',
  'key_size',
  'value_size',
  'map_flags',
  'pinning',
  'numa_node',
  'map_extra',
]);

/** The map a variable in `.maps` defines; null after a finding. */
export function readMap(variable: GlobalVariable, line: LineEntry | null, reporter: Reporter): ObjectMap | null {
  return read(variable.name, variable.type, variable.place, line, reporter);
}

function read(name: string, type: CType, place: Place, line: LineEntry | null, reporter: Reporter): ObjectMap | null {
  const record = recordOf(type);
  const bad = (why: string): null => {
    reporter.report('map-definition', place, [name, why]);
    return null;
  };
  if (record === null || record.members === null) return bad('it is no struct');
  const draft: Draft = { numbers: new Map(), keyType: null, valueType: null, inner: null };
  for (const member of record.members) {
    const memberName = member.name ?? '';
    const to = pointerOf(member.type)?.to;
    if (NUMBERS.has(memberName)) {
      const array = to === undefined ? null : arrayOf(to);
      if (array === null || array.length === null) return bad(`write __uint(${memberName}, NUMBER)`);
      draft.numbers.set(memberName, array.length);
    } else if (memberName === 'key' || memberName === 'value') {
      if (to === undefined) return bad(`write __type(${memberName}, TYPE)`);
      if (memberName === 'key') draft.keyType = to;
      else draft.valueType = to;
    } else if (memberName === 'values') {
      const inner = pointerOf(arrayOf(member.type)?.of ?? member.type)?.to;
      if (inner === undefined) return bad('write __array(values, TYPE)');
      if (recordOf(inner) !== null) draft.inner = read(`${name}.inner`, inner, place, line, reporter);
    } else return bad(`member '${memberName}' is not known`);
  }
  return finish(name, draft, place, line, reporter);
}

function finish(name: string, draft: Draft, place: Place, line: LineEntry | null, reporter: Reporter): ObjectMap | null {
  const { numbers, keyType, valueType } = draft;
  const type = numbers.get('type');
  if (type === undefined || mapTypeOf(type) === null) {
    reporter.report('map-definition', place, [
      name,
      type === undefined ? 'it has no type: add __uint(type, BPF_MAP_TYPE_…)' : `there is no map type ${type}`,
    ]);
    return null;
  }
  const known = mapTypeOf(type)?.name;
  const isPacketMap = known === 'skbmap' || known === 'flowmap';
  return {
    name,
    type,
    keySize: numbers.get('key_size') ?? (keyType === null ? (isPacketMap ? 8 : 0) : sizeOf(keyType)),
    valueSize: numbers.get('value_size') ?? (valueType === null ? 0 : sizeOf(valueType)),
    maxEntries: numbers.get('max_entries') ?? 0,
    flags: numbers.get('map_flags') ?? 0,
    pinning: numbers.get('pinning') ?? 0,
    keyType,
    valueType,
    data: null,
    inner: draft.inner,
    line,
  };
}

/**
 * What the initialiser of a map variable (`.values = { &inner, [3] = &program }`) puts into its slots. `indexOf` numbers the object's
 * maps and functions; null for what is neither.
 */
export function readSlots(
  variable: GlobalVariable,
  indexOf: (symbol: GlobalVariable | FunctionSymbol) => number | null,
  reporter: Reporter,
): MapSlot[] {
  const values = recordOf(variable.type)?.members?.find(({ name }) => name === 'values');
  const slots: MapSlot[] = [];
  for (const { offset, value } of variable.init?.items ?? []) {
    const base = constantOf(value)?.base ?? null;
    if (base === null) continue;
    const target = indexOf(base);
    if (values === undefined || offset < values.offset || target === null) {
      reporter.report('map-definition', value.place, [variable.name, `'${base.name}' can be in no slot of it`]);
      continue;
    }
    slots.push({ index: (offset - values.offset) / POINTER_BYTES, kind: base.kind === 'global' ? 'map' : 'program', target });
  }
  return slots.sort((a, b) => a.index - b.index);
}
