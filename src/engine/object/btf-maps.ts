// BTF-style map definitions: the members of the struct that `__uint`, `__type` and `__array` make, as libbpf reads them
// (parse_btf_map_def). Knows nothing of ELF.

import { bare, type CType, type Member, sizeOf } from '../abi/ctype.ts';
import type { BtfVariable } from './btf-read.ts';
import type { ObjectMap } from './program-object.ts';

/** BPF_MAP_TYPE_ARRAY. */
export const ARRAY_MAP_NUMBER = 2;
const MAPS_OF_MAPS: readonly number[] = [12, 13];

export interface DefinedMap {
  readonly map: ObjectMap;
  /** Byte of the variable in `.maps`. */
  readonly offset: number;
  /** Byte of the variable where its slots begin (member `values`); null when it has none. */
  readonly slotsAt: number | null;
  readonly problems: readonly string[];
}

/** The number that `__uint(name, n)` hides in an array length; null when the member is something else. */
function uintOf(type: CType): number | null {
  const pointer = bare(type);
  if (pointer.kind !== 'pointer') return null;
  const array = bare(pointer.to);
  return array.kind === 'array' ? array.length : null;
}

const pointee = (type: CType): CType | null => {
  const pointer = bare(type);
  return pointer.kind === 'pointer' ? pointer.to : null;
};

type Draft = { -readonly [K in keyof ObjectMap]: ObjectMap[K] };

function readMember(draft: Draft, member: Member, problems: string[]): void {
  const number = (): number => {
    const value = uintOf(member.type);
    if (value === null) problems.push(`map ${draft.name}: ${member.name} must be written with __uint`);
    return value ?? 0;
  };
  switch (member.name) {
    case 'type':
      draft.type = number();
      break;
    case 'max_entries':
      draft.maxEntries = number();
      break;
    case 'map_flags':
      draft.flags = number();
      break;
    case 'pinning':
      draft.pinning = number();
      break;
    case 'key_size':
      draft.keySize = number();
      break;
    case 'value_size':
      draft.valueSize = number();
      break;
    case 'key':
      draft.keyType = pointee(member.type);
      if (draft.keyType !== null) draft.keySize = sizeOf(draft.keyType);
      break;
    case 'value':
      draft.valueType = pointee(member.type);
      if (draft.valueType !== null) draft.valueSize = sizeOf(draft.valueType);
      break;
    case 'values':
      draft.inner = innerOf(member.type, `${draft.name}.inner`, problems);
      break;
    case 'numa_node':
    case 'map_extra':
      break;
    default:
      problems.push(`map ${draft.name}: unknown member ${member.name ?? '(unnamed)'}`);
  }
}

/** `__array(values, struct inner)`: an array of pointers to the inner definition. */
function innerOf(type: CType, name: string, problems: string[]): ObjectMap | null {
  const array = bare(type);
  if (array.kind !== 'array') return null;
  const inner = pointee(array.of);
  return inner === null || bare(inner).kind === 'function' ? null : readMapDefinition(inner, name, problems);
}

/** One definition; members that are missing stay zero. */
function readMapDefinition(type: CType, name: string, problems: string[]): ObjectMap {
  const draft: Draft = {
    name,
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    pinning: 0,
    keyType: null,
    valueType: null,
    data: null,
    inner: null,
    line: null,
  };
  const record = bare(type);
  if (record.kind !== 'struct' || record.members === null) {
    problems.push(`map ${name} is not a struct`);
    return draft;
  }
  for (const member of record.members) readMember(draft, member, problems);
  if (draft.type === 0) problems.push(`map ${name} has no type`);
  if (MAPS_OF_MAPS.includes(draft.type) && draft.valueSize === 0) draft.valueSize = 4;
  return draft;
}

/** Every map of `.maps`, in order of their places. `placeOf` gives the byte of a variable where the symbol table knows it. */
export function mapsFromBtf(variables: readonly BtfVariable[], placeOf: (name: string) => number | null): DefinedMap[] {
  return variables
    .map((variable) => {
      const problems: string[] = [];
      const map = readMapDefinition(variable.type, variable.name, problems);
      const record = bare(variable.type);
      const values = record.kind === 'struct' ? record.members?.find(({ name }) => name === 'values') : undefined;
      return { map, offset: placeOf(variable.name) ?? variable.offset, slotsAt: values?.offset ?? null, problems };
    })
    .sort((a, b) => a.offset - b.offset);
}
