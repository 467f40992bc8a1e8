// From the typed unit to the object: which functions and variables are needed, their code, data, maps and metadata. Runs
// lowering, optimisation, selection, allocation and emission function by function. Knows nothing of syntax.

import type { ProfileId } from '../abi/profile.ts';
import { PROFILE_IDS } from '../abi/profile.ts';
import type { SourceFile } from '../base/source.ts';
import type {
  KernelFunction,
  KernelSetting,
  ObjectFunction,
  ObjectMap,
  ProgramObject,
  Relocation,
  StructOpsVariable,
} from '../object/program-object.ts';
import { allocateRegisters } from './allocate-registers.ts';
import {
  DATA_LIMIT,
  DataLayout,
  type DataSection,
  fillSetting,
  isKernelSetting,
  isMap,
  isMetadata,
  referencesOf,
  sectionMap,
  variableBytes,
} from './data-sections.ts';
import { type EmittedFunction, emitFunction, lineEntry, STACK_LIMIT } from './emit.ts';
import type { IrFunction } from './ir.ts';
import { printFunction } from './ir-printer.ts';
import { lowerFunction } from './lower.ts';
import type { Reference } from './machine.ts';
import { readMap, readSlots } from './map-definitions.ts';
import { optimiseUnit } from './optimise/pipeline.ts';
import { noteUnwritten } from './optimise/unwritten-variables.ts';
import { placeVariables } from './place-variables.ts';
import { dropRedundantMoves } from './redundant-moves.ts';
import type { Reporter } from './report.ts';
import { selectInstructions } from './select.ts';
import { isStructOps, readStructOps } from './struct-ops.ts';
import type { FunctionSymbol, GlobalVariable, TypedUnit } from './tree.ts';
import { TypeTable } from './type-table.ts';
import { variableTable } from './variable-table.ts';

export interface GenerateOptions {
  readonly file: SourceFile;
  readonly files: readonly SourceFile[];
  readonly profile: ProfileId | null;
  readonly level: 0 | 1 | 2;
  readonly cpu: 'v1' | 'v2' | 'v3' | 'v4';
  readonly variables: boolean;
  readonly wantIr: boolean;
}

export function generateObject(
  unit: TypedUnit,
  options: GenerateOptions,
  reporter: Reporter,
): { object: ProgramObject | null; ir: string } {
  const generator = new Generator(unit, options, reporter);
  return generator.run();
}

class Generator {
  private readonly unit: TypedUnit;
  private readonly options: GenerateOptions;
  private readonly reporter: Reporter;
  private readonly lowered = new Map<FunctionSymbol, IrFunction>();
  private readonly layout = new DataLayout();
  private readonly maps: { variable: GlobalVariable; map: ObjectMap }[] = [];
  private readonly fileIndices = new Map<SourceFile, number>();

  constructor(unit: TypedUnit, options: GenerateOptions, reporter: Reporter) {
    this.unit = unit;
    this.options = options;
    this.reporter = reporter;
    for (const file of options.files) this.fileIndices.set(file, this.fileIndices.size);
  }

  run(): { object: ProgramObject | null; ir: string } {
    const nothing = { object: null, ir: '' };
    let made = this.generate(false);
    if (made === null) return nothing;
    // What inlining and unrolling bring into one frame may be too much for it: once more, with calls left as calls.
    const isLarge = (code: EmittedFunction): boolean => code.stackBytes > STACK_LIMIT;
    if (this.options.level > 0 && made.emitted.some(({ code }) => isLarge(code))) made = this.generate(true) ?? made;
    const { functions, emitted } = made;
    const ir = this.options.wantIr ? `${functions.map(printFunction).join('\n\n')}\n` : '';
    for (const { symbol, code } of emitted)
      if (isLarge(code)) this.reporter.report('stack-limit', symbol.place, [symbol.name, String(code.stackBytes)]);
    if (this.reporter.failed) return { object: null, ir };
    this.placeData(functions);
    if (this.reporter.failed) return { object: null, ir };
    return { object: this.assemble(emitted), ir };
  }

  /** Code of every function; null after an error. `sparing` inlines only what must be. */
  private generate(
    sparing: boolean,
  ): { functions: readonly IrFunction[]; emitted: readonly { symbol: FunctionSymbol; code: EmittedFunction }[] } | null {
    this.lowerReachable();
    if (this.reporter.failed) return null;
    const { level, cpu } = this.options;
    if (level > 0) noteUnwritten([...this.lowered.values()], this.unit.variables);
    const functions = optimiseUnit([...this.lowered.values()], { level, cpu, sparing }, this.reporter, isRoot);
    for (const fn of functions) this.refuseUndefined(fn);
    return { functions, emitted: functions.map((fn) => ({ symbol: fn.symbol, code: this.emit(fn) })) };
  }

  private readonly fileIndex = (file: SourceFile): number => this.fileIndices.get(file) ?? 0;

  /** Lowers every function that the object needs, in source order. */
  private lowerReachable(): void {
    this.lowered.clear();
    const work = this.unit.functions.filter((symbol) => symbol.body !== null && isRoot(symbol));
    const seen = new Set(work);
    const reach = (symbol: FunctionSymbol): void => {
      if (symbol.body === null || seen.has(symbol)) return;
      seen.add(symbol);
      work.push(symbol);
    };
    for (let at = 0; at < work.length; at++) {
      const symbol = work[at];
      if (symbol?.body == null) continue;
      const fn = lowerFunction(symbol, symbol.body, this.reporter, this.options.variables);
      this.lowered.set(symbol, fn);
      eachReference(fn, (reference) => {
        if (reference.kind === 'function') reach(reference);
      });
    }
    const order = this.unit.functions.filter((symbol) => this.lowered.has(symbol));
    const sorted = order.flatMap((symbol) => this.lowered.get(symbol) ?? []);
    this.lowered.clear();
    for (const fn of sorted) this.lowered.set(fn.symbol, fn);
  }

  /** Calls that survived optimisation of functions that are nowhere. */
  private refuseUndefined(fn: IrFunction): void {
    for (const block of fn.blocks) {
      for (const inst of block.body) {
        if (inst.op === 'call' && inst.target.kind === 'indirect') this.reporter.report('indirect-call', inst.place);
        if (inst.op !== 'call' || inst.target.kind !== 'function' || inst.target.symbol.body !== null) continue;
        this.reporter.report('undefined-symbol', inst.place ?? fn.symbol.place, [inst.target.symbol.name]);
      }
    }
  }

  private emit(fn: IrFunction): EmittedFunction {
    const machine = selectInstructions(fn, { cpu: this.options.cpu }, this.reporter);
    const { spillSlots } = allocateRegisters(machine);
    if (this.options.level > 0) dropRedundantMoves(machine, spillSlots);
    const places = this.options.variables ? placeVariables(machine, spillSlots) : null;
    const emitOptions = { longJumps: this.options.cpu === 'v4', fileIndex: this.fileIndex };
    const code = emitFunction(machine, spillSlots, emitOptions, this.reporter);
    return places === null ? code : { ...code, variables: variableTable(places, code, this.fileIndex) };
  }

  /** Gives places to all variables that are visible, kept or referred to, in source order. */
  /** Reports the variable with which a section grows past what readers of objects take. */
  private addData(variable: GlobalVariable): void {
    const { section, offset } = this.layout.add(variable);
    if (section.size > DATA_LIMIT && offset <= DATA_LIMIT)
      this.reporter.report('data-too-large', variable.place, [variable.name, section.name, String(section.size)]);
  }

  private placeData(functions: readonly IrFunction[]): void {
    const needed = new Set<GlobalVariable>();
    const need = (variable: GlobalVariable): void => {
      if (needed.has(variable)) return;
      needed.add(variable);
      if (isKernelSetting(variable)) {
        fillSetting(variable, this.reporter);
        return;
      }
      if (!variable.defined && !isMap(variable)) {
        this.reporter.report('undefined-symbol', variable.place, [variable.name]);
        return;
      }
      for (const reference of referencesOf(variable)) if (reference.kind === 'global') need(reference);
    };
    for (const variable of this.unit.variables)
      if (variable.defined && (variable.linkage === 'global' || variable.keep)) need(variable);
    for (const fn of functions)
      eachReference(fn, (reference) => {
        if (reference.kind === 'global') need(reference);
      });
    for (const variable of this.unit.variables) {
      if (!needed.has(variable) || isMetadata(variable) || isStructOps(variable)) continue;
      if (variable.section === 'maps') this.reporter.report('old-map-definition', variable.place, [variable.name]);
      else if (isMap(variable)) {
        const line = lineEntry(variable.place, 0, this.fileIndex(variable.place.file));
        const map = readMap(variable, line, this.reporter);
        if (map !== null) this.maps.push({ variable, map });
      } else this.addData(variable);
    }
  }

  private assemble(emitted: readonly { symbol: FunctionSymbol; code: EmittedFunction }[]): ProgramObject | null {
    const types = new TypeTable();
    const functionIndex = new Map(emitted.map(({ symbol }, i) => [symbol, i]));
    const mapIndex = new Map(this.maps.map(({ variable }, i) => [variable, i]));
    const sectionIndex = (section: DataSection): number => this.maps.length + this.layout.sections.indexOf(section);
    const relocation = (slot: number, reference: Reference): Relocation => {
      if (reference.kind === 'type-id') return { kind: 'type-id', slot, target: types.indexOf(reference.type) };
      if (reference.kind === 'core') {
        const { root, access, what } = reference.core;
        return { kind: 'core', slot, target: types.indexOf(root), access, what };
      }
      if (reference.kind === 'kfunc') return { kind: 'kfunc', slot, name: reference.name };
      if (reference.kind !== 'data') return { kind: reference.kind, slot, target: functionIndex.get(reference.symbol) ?? 0 };
      const map = mapIndex.get(reference.variable);
      if (map !== undefined) return { kind: 'map', slot, target: map };
      const place = this.layout.placeOf(reference.variable);
      const target = place === null ? 0 : sectionIndex(place.section);
      return { kind: 'map-value', slot, target, addend: (place?.offset ?? 0) + reference.addend };
    };
    const functions = emitted.map(({ symbol, code }): ObjectFunction => {
      const relocations = code.references.map(({ slot, reference }) => relocation(slot, reference));
      const section = symbol.section ?? '.text';
      const { linkage, name, type } = symbol;
      const made = { name, section, linkage, code: code.code, relocations, lines: code.lines, type, stackBytes: code.stackBytes };
      return code.variables === undefined ? made : { ...made, variables: code.variables };
    });
    const data = this.layout.sections.map((section) => sectionMap(section, this.layout, sectionIndex, this.reporter));
    const maps = this.maps.map(({ variable, map }): ObjectMap => {
      const indexOf = (symbol: FunctionSymbol | GlobalVariable): number | null =>
        (symbol.kind === 'global' ? mapIndex.get(symbol) : functionIndex.get(symbol)) ?? null;
      const slots = readSlots(variable, indexOf, this.reporter);
      return slots.length === 0 ? map : { ...map, slots };
    });
    const structOps = this.structOps((symbol) => functionIndex.get(symbol) ?? null);
    const kernelFunctions = this.kernelFunctions(functions);
    for (const { type } of [...functions, ...kernelFunctions]) if (type !== null) types.reach(type);
    for (const { map } of this.maps) for (const type of [map.keyType, map.valueType]) if (type !== null) types.reach(type);
    for (const section of this.layout.sections) for (const { variable } of section.variables) types.reach(variable.type);
    for (const variable of this.unit.variables) if (isStructOps(variable) && variable.defined) types.reach(variable.type);
    if (this.reporter.failed) return null;
    return {
      name: baseName(this.options.file.path),
      profile: structOps.length > 0 ? 'struct_ops' : (profileMark(this.metadata('qdisc_profile')) ?? null),
      license: this.metadata('license') ?? '',
      files: this.options.files.map((file) => ({ path: file.path, text: file.text })),
      functions,
      maps: [...maps, ...data],
      structOps,
      types: types.types,
      kernelFunctions,
      kernelSettings: this.kernelSettings(sectionIndex),
    };
  }

  private structOps(indexOf: (symbol: FunctionSymbol) => number | null): StructOpsVariable[] {
    return this.unit.variables.flatMap((variable) => {
      if (!isStructOps(variable) || !variable.defined) return [];
      const line = lineEntry(variable.place, 0, this.fileIndex(variable.place.file));
      return readStructOps(variable, line, indexOf, this.reporter) ?? [];
    });
  }

  /** Declarations of the kernel functions that the code calls, in order of their declaration. */
  private kernelFunctions(functions: readonly ObjectFunction[]): KernelFunction[] {
    const called = new Set<string>();
    for (const { relocations } of functions) for (const one of relocations) if (one.kind === 'kfunc') called.add(one.name);
    return this.unit.functions.flatMap(({ name, weak, type }) => (called.has(name) ? { name, weak, type } : []));
  }

  private kernelSettings(sectionIndex: (section: DataSection) => number): KernelSetting[] {
    return this.layout.sections.flatMap((section) =>
      section.variables.flatMap(({ variable, offset }) =>
        isKernelSetting(variable)
          ? { name: variable.name, map: sectionIndex(section), offset, type: variable.type, weak: variable.weak }
          : [],
      ),
    );
  }

  /** Text of the first variable in a metadata section. */
  private metadata(section: string): string | null {
    const variable = this.unit.variables.find((candidate) => candidate.section === section && candidate.defined);
    if (variable === undefined) return null;
    const { bytes } = variableBytes(variable);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  }
}

/** Functions that the object must have even when nothing in it calls them. */
const isRoot = (symbol: FunctionSymbol): boolean =>
  symbol.keep || symbol.section !== null || (symbol.linkage === 'global' && !symbol.inlineHint && !symbol.alwaysInline);

/** Every symbol that the code of a function names. */
function eachReference(fn: IrFunction, visit: (symbol: FunctionSymbol | GlobalVariable) => void): void {
  for (const block of fn.blocks) {
    for (const inst of [...block.phis, ...block.body]) {
      if (inst.op === 'call' && inst.target.kind === 'function') visit(inst.target.symbol);
      for (const arg of inst.args) {
        if (arg.op === 'global') visit(arg.variable);
        else if (arg.op === 'function') visit(arg.symbol);
      }
    }
    const { end } = block;
    const last = end.kind === 'return' ? end.value : end.kind === 'branch' ? end.condition : null;
    if (last?.op === 'global') visit(last.variable);
    else if (last?.op === 'function') visit(last.symbol);
  }
}

const profileMark = (text: string | null): ProfileId | undefined => PROFILE_IDS.find((id) => id === text);

/** `folder/fifo.bpf.c` is `fifo`. */
const baseName = (path: string): string => (path.split('/').at(-1) ?? path).replace(/(\.bpf)?\.(c|h)$/, '');
