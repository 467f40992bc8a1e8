// Static data: which variable goes to which section, initial bytes, pointers between data, and the maps that stand for the
// sections (as libbpf makes them). Knows nothing of code.

import { sizeOf } from '../abi/ctype.ts';
import { KERNEL_SETTINGS } from '../abi/kernel-settings.ts';
import type { DataRelocation, GlobalVariable as DataVariable, ObjectMap } from '../object/program-object.ts';
import { isReadOnly, storageSize } from './check-declarations.ts';
import { constantOf } from './constant.ts';
import type { Reporter } from './report.ts';
import type { FunctionSymbol, GlobalVariable, InitItem } from './tree.ts';
import { integerOf } from './types.ts';

/** Sections that the object's readers look at and that are no maps. */
const METADATA: ReadonlySet<string> = new Set(['license', 'version', 'qdisc_profile']);
/** Bytes of a data section that readers of objects take: each becomes the value of one array map. */
export const DATA_LIMIT = 16 * 1024 * 1024;
const MAPS_SECTION = '.maps';
const SETTINGS_SECTION = '.kconfig';

export const isMetadata = (variable: GlobalVariable): boolean => variable.section !== null && METADATA.has(variable.section);
export const isKernelSetting = (variable: GlobalVariable): boolean => variable.section === SETTINGS_SECTION;
export const isMap = (variable: GlobalVariable): boolean => variable.section === MAPS_SECTION;

/** Section of a variable: its own, else by constness and contents. */
function sectionOfVariable(variable: GlobalVariable): string {
  if (variable.section !== null) return variable.section;
  if (isReadOnly(variable)) return '.rodata';
  return variable.init === null || isAllZero(variable) ? '.bss' : '.data';
}

const isAllZero = (variable: GlobalVariable): boolean =>
  (variable.init?.items ?? []).every((item) => {
    const constant = constantOf(item.value);
    return constant !== null && constant.base === null && constant.value === 0n;
  });

/** Gives an extern of the kernel's configuration its value, as libbpf does when it loads the object. */
export function fillSetting(variable: GlobalVariable, reporter: Reporter): void {
  const value = KERNEL_SETTINGS.get(variable.name);
  if (value === undefined && !variable.weak) reporter.report('kernel-setting', variable.place, [variable.name]);
  if (value === undefined || integerOf(variable.type) === null) return;
  const { type, place } = variable;
  variable.init = { items: [{ offset: 0, type, value: { kind: 'constant', value, type, place } }] };
}

export interface PlacedVariable {
  readonly section: DataSection;
  readonly offset: number;
}

export interface DataSection {
  readonly name: string;
  readonly readOnly: boolean;
  readonly variables: { variable: GlobalVariable; offset: number }[];
  size: number;
}

/** Lays variables out in the order given; equal string literals share bytes. */
export class DataLayout {
  readonly sections: DataSection[] = [];
  private readonly placed = new Map<GlobalVariable, PlacedVariable>();
  private readonly strings = new Map<string, PlacedVariable>();

  /** Gives the variable a place unless it has one. */
  add(variable: GlobalVariable): PlacedVariable {
    const before = this.placed.get(variable);
    if (before !== undefined) return before;
    const text = variable.name.startsWith('.str')
      ? (variable.init?.items ?? []).map((item) => String(constantOf(item.value)?.value)).join()
      : null;
    const known = text === null ? undefined : this.strings.get(text);
    if (known !== undefined) {
      this.placed.set(variable, known);
      return known;
    }
    const name = sectionOfVariable(variable);
    let section = this.sections.find((candidate) => candidate.name === name);
    if (section === undefined) {
      section = { name, readOnly: name.startsWith('.rodata') || name === SETTINGS_SECTION, variables: [], size: 0 };
      this.sections.push(section);
    }
    const size = storageSize(variable);
    const align = size >= 8 && text === null ? Math.max(8, variable.align) : variable.align;
    const offset = Math.ceil(section.size / align) * align;
    section.size = offset + size;
    section.variables.push({ variable, offset });
    const place = { section, offset };
    this.placed.set(variable, place);
    if (text !== null) this.strings.set(text, place);
    return place;
  }

  placeOf(variable: GlobalVariable): PlacedVariable | null {
    return this.placed.get(variable) ?? null;
  }
}

/** Everything that the initialiser of a variable refers to. */
export function referencesOf(variable: GlobalVariable): (GlobalVariable | FunctionSymbol)[] {
  return (variable.init?.items ?? []).flatMap((item) => {
    const base = constantOf(item.value)?.base ?? null;
    return base === null ? [] : [base];
  });
}

/** Initial bytes of one variable, and its pointers. */
export function variableBytes(variable: GlobalVariable): { bytes: Uint8Array; pointers: { offset: number; item: InitItem }[] } {
  const bytes = new Uint8Array(storageSize(variable));
  const pointers = new Map<number, InitItem>();
  for (const item of variable.init?.items ?? []) {
    const constant = constantOf(item.value);
    if (constant === null) continue;
    pointers.delete(item.offset);
    if (constant.base !== null) {
      pointers.set(item.offset, item);
      continue;
    }
    if (item.bitWidth === undefined) writeNumber(bytes, item.offset, sizeOf(item.type), constant.value);
    else writeBits(bytes, item.offset * 8 + (item.bitOffset ?? 0), item.bitWidth, constant.value);
  }
  return { bytes, pointers: [...pointers].map(([offset, item]) => ({ offset, item })) };
}

function writeNumber(bytes: Uint8Array, offset: number, size: number, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  for (let i = 0; i < size; i++) {
    bytes[offset + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

function writeBits(bytes: Uint8Array, first: number, width: number, value: bigint): void {
  for (let i = 0; i < width; i++) {
    const at = first + i;
    const mask = 1 << (at & 7);
    const old = bytes[at >> 3] ?? 0;
    bytes[at >> 3] = (value >> BigInt(i)) & 1n ? old | mask : old & ~mask;
  }
}

/** The array map of one entry that holds a section. `mapIndex` numbers sections as the object's maps. */
export function sectionMap(
  section: DataSection,
  layout: DataLayout,
  mapIndex: (section: DataSection) => number,
  reporter: Reporter,
): ObjectMap {
  const bytes = new Uint8Array(Math.max(1, section.size));
  const relocations: DataRelocation[] = [];
  const variables: DataVariable[] = [];
  for (const { variable, offset } of section.variables) {
    const made = variableBytes(variable);
    bytes.set(made.bytes, offset);
    for (const pointer of made.pointers) {
      const constant = constantOf(pointer.item.value);
      const base = constant?.base ?? null;
      const place = base?.kind === 'global' ? layout.placeOf(base) : null;
      if (constant === null || place === null) {
        const what =
          base?.kind === 'function' ? `the address of function '${base.name}'` : `the address of '${base?.name ?? ''}'`;
        reporter.report('data-pointer', pointer.item.value.place, [what]);
        continue;
      }
      const addend = place.offset + Number(BigInt.asIntN(32, constant.value));
      relocations.push({ offset: offset + pointer.offset, target: mapIndex(place.section), addend });
    }
    if (!variable.name.startsWith('.')) {
      variables.push({
        name: variable.name,
        offset,
        size: sizeOf(variable.type),
        type: variable.type,
        linkage: variable.linkage,
        ...(variable.tags.length > 0 ? { tags: variable.tags } : {}),
      });
    }
  }
  return {
    name: section.name,
    type: 2,
    keySize: 4,
    valueSize: bytes.length,
    maxEntries: 1,
    flags: section.readOnly ? 0x80 : 0,
    pinning: 0,
    keyType: null,
    valueType: null,
    data: { section: section.name, bytes, variables, readOnly: section.readOnly, relocations },
    inner: null,
    line: null,
  };
}
