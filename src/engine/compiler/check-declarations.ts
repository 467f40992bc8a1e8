// Declarations of objects and functions (C11 6.7, 6.9): linkage, redeclaration, attributes, sections, definitions. Makes the
// symbols that code refers to. Types are made in check-types.ts.

import { alignOf, type CType, type FunctionType, sizeOf } from '../abi/ctype.ts';
import type { SourceFile } from '../base/source.ts';
import type { Attribute, Declaration, Declarator, FunctionDefinition, Initializer, Specifiers, TopLevel } from './ast.ts';
import { newFunction } from './check-calls.ts';
import { checkExpression } from './check-expressions.ts';
import { checkInitialiser, completeArray } from './check-initialisers.ts';
import { checkBlockHere } from './check-statements.ts';
import {
  applyDeclarator,
  attributeText,
  checkAssertion,
  parameterType,
  requestedAlignment,
  resolveSpecifiers,
  tagsIn,
  withMode,
} from './check-types.ts';
import { rvalue } from './conversions.ts';
import type { FrontEndObserver } from './observer.ts';
import type { Reporter } from './report.ts';
import { Checker, Scope } from './scope.ts';
import type { Place } from './token.ts';
import type { FunctionSymbol, GlobalVariable, LocalVariable, TStatement, TypedUnit } from './tree.ts';
import {
  arrayOf,
  ERROR_TYPE,
  functionOf,
  isComplete,
  isError,
  isScalar,
  isVoid,
  pointerOf,
  qualifiersOf,
  sameType,
  typeText,
} from './types.ts';

/** Checks a whole file. Always returns a unit; it is only meaningful when nothing was reported as an error. */
export function checkUnit(
  items: readonly TopLevel[],
  reporter: Reporter,
  mainFile: SourceFile | null,
  observer: FrontEndObserver | null = null,
): TypedUnit {
  const c = new Checker(reporter, mainFile, observer);
  if (mainFile !== null) {
    const all = { file: mainFile, start: 0, end: mainFile.text.length };
    observer?.scopeOpened(c.fileScope, all, { ...all, start: all.end });
  }
  c.laterFunctions = new Set(
    items.flatMap((item) => (item.kind === 'function' && item.declarator.name !== null ? [item.declarator.name] : [])),
  );
  for (const item of items) {
    if (reporter.full) break;
    if (item.kind === 'static-assert') checkAssertion(c, item.condition, item.message, item.place);
    else if (item.kind === 'function') checkFunction(c, item);
    else checkFileDeclaration(c, item);
  }
  warnUnusedSymbols(c);
  return { functions: c.functions, variables: c.variables, helpers: c.helpers, records: c.records };
}

function warnUnusedSymbols(c: Checker): void {
  if (c.reporter.failed) return;
  for (const symbol of c.functions) {
    if (symbol.body === null || symbol.linkage !== 'static' || symbol.used || symbol.inlineHint || symbol.keep) continue;
    if (isMainFile(c, symbol.place)) c.report('unused-function', symbol.place, [symbol.name]);
  }
}

/** Headers may define what nobody uses. */
const isMainFile = (c: Checker, place: Place): boolean => c.mainFile === null || c.mainFile === place.file;

const has = (attributes: readonly Attribute[], name: string): boolean => attributes.some((attribute) => attribute.name === name);

const isHidden = (attributes: readonly Attribute[]): boolean =>
  attributes.some((attribute) => attribute.name === 'visibility' && attributeText(attribute) === 'hidden');

function sectionOf(attributes: readonly Attribute[]): string | null {
  for (const attribute of attributes) if (attribute.name === 'section') return attributeText(attribute);
  return null;
}

function checkFileDeclaration(c: Checker, declaration: Declaration): void {
  const { specifiers } = declaration;
  const base = resolveSpecifiers(c, specifiers);
  if (declaration.declarators.length === 0) {
    const { kind } = specifiers.type;
    if (kind !== 'record' && kind !== 'enum' && kind !== 'error') c.report('declares-nothing', declaration.place);
    return;
  }
  for (const { declarator, init } of declaration.declarators) declare(c, specifiers, base, declarator, init);
}

/** One declarator at file scope, or a static, extern or function declaration inside a function. */
function declare(c: Checker, specifiers: Specifiers, base: CType, declarator: Declarator, init: Initializer | null): void {
  const name = declarator.name;
  if (name === null) return;
  const attributes = [...specifiers.attributes, ...declarator.attributes];
  if (specifiers.type.kind === 'auto') return declareAuto(c, specifiers, declarator);
  const type = withMode(c, applyDeclarator(c, base, declarator), attributes);
  if (specifiers.storage === 'typedef') return declareTypedef(c, name, withAlign(c, type, attributes), declarator);
  const fn = functionOf(type);
  if (fn !== null) {
    declareFunction(c, name, fn, specifiers, attributes, declarator.place);
    if (init !== null) c.report('function-initialised', declarator.place, [name]);
    return;
  }
  declareGlobal(c, name, type, specifiers, attributes, declarator, init);
}

/** `typedef struct {…} x __attribute__((aligned(8)))`: alignment of a typedef is not carried by the type; only records take it. */
function withAlign(c: Checker, type: CType, attributes: readonly Attribute[]): CType {
  requestedAlignment(c, attributes, []);
  return type;
}

function declareAuto(c: Checker, specifiers: Specifiers, declarator: Declarator): void {
  c.report('auto-type-outside', specifiers.place, [declarator.name ?? '']);
}

function declareTypedef(c: Checker, name: string, type: CType, declarator: Declarator): void {
  const earlier = c.scope.names.get(name);
  if (earlier?.kind === 'typedef' && (sameType(earlier.type, type, true) || isError(type))) return;
  if (!clash(c, name, declarator.place)) {
    const named: CType = isError(type) ? ERROR_TYPE : { kind: 'typedef', name, of: type };
    const symbol = { kind: 'typedef', name, type: named, place: declarator.place } as const;
    c.scope.names.set(name, symbol);
    c.observer?.declared(symbol, name, declarator.place, true);
  }
}

/** Reports when the scope already has the name as something else. */
function clash(c: Checker, name: string, place: Place): boolean {
  const earlier = c.scope.names.get(name);
  if (earlier === undefined || earlier.kind === 'broken') return false;
  const notes = [{ message: 'previous definition is here', span: earlier.place }];
  c.report('redefinition', place, [name], { notes });
  return true;
}

function declareFunction(
  c: Checker,
  name: string,
  type: FunctionType,
  specifiers: Specifiers,
  attributes: readonly Attribute[],
  place: Place,
): FunctionSymbol | null {
  const earlier = c.scope.names.get(name) ?? c.fileScope.names.get(name);
  let symbol: FunctionSymbol;
  if (earlier?.kind === 'function') {
    symbol = earlier;
    if (!sameType(symbol.type, type)) {
      c.report('conflicting-types', place, [name, typeText(type), typeText(symbol.type)], {
        notes: [{ message: 'previous declaration is here', span: symbol.place }],
      });
      return null;
    }
    if (symbol.type.unprototyped && !type.unprototyped) symbol.type = type;
    if (specifiers.storage === 'static' && symbol.linkage === 'global' && symbol.body === null) symbol.linkage = 'static';
  } else if (earlier !== undefined && earlier.kind !== 'broken') {
    c.report('redefinition', place, [name], { notes: [{ message: 'previous definition is here', span: earlier.place }] });
    return null;
  } else {
    symbol = newFunction(name, type, place);
    if (specifiers.storage === 'static') symbol.linkage = 'static';
    c.functions.push(symbol);
    c.fileScope.names.set(name, symbol);
  }
  if (c.scope !== c.fileScope) c.scope.names.set(name, symbol);
  c.observer?.declared(symbol, name, place, false);
  symbol.section ??= sectionOf(attributes);
  symbol.ksym ||= symbol.section === '.ksyms';
  symbol.weak ||= has(attributes, 'weak');
  // libbpf treats hidden functions as static ones: judged at each call.
  if (isHidden(attributes)) symbol.linkage = 'static';
  symbol.alwaysInline ||= has(attributes, 'always_inline');
  symbol.noInline ||= has(attributes, 'noinline') || has(attributes, 'noipa');
  symbol.inlineHint ||= specifiers.inline;
  symbol.noReturn ||= has(attributes, 'noreturn');
  symbol.keep ||= has(attributes, 'used');
  return symbol;
}

function declareGlobal(
  c: Checker,
  name: string,
  type: CType,
  specifiers: Specifiers,
  attributes: readonly Attribute[],
  declarator: Declarator,
  init: Initializer | null,
): void {
  const { place } = declarator;
  if (isError(type) || isVoid(type)) {
    if (isVoid(type)) c.report('incomplete-variable', place, [name, typeText(type)]);
    c.scope.names.set(name, { kind: 'broken', place });
    return;
  }
  const inFunction = c.fn !== null;
  const isExtern = specifiers.storage === 'extern' && init === null;
  const earlier = inFunction && !isExtern ? c.scope.names.get(name) : (c.scope.names.get(name) ?? c.fileScope.names.get(name));
  let variable: GlobalVariable;
  if (earlier?.kind === 'global' && isHelperPointer(earlier) && isHelperType(type) && earlier.place.file !== place.file) {
    // A program may declare a helper itself, with another type than the bundled header gives it.
    variable = newGlobal(c, name, type, specifiers, place);
    c.variables.push(variable);
    c.variables.splice(c.variables.indexOf(earlier), 1);
    if (init === null) variable.init = earlier.init;
  } else if (earlier?.kind === 'global' && (!inFunction || isExtern)) {
    variable = earlier;
    if (!redeclare(c, variable, type, init !== null, place)) return;
  } else if (earlier !== undefined && earlier.kind !== 'broken' && !(inFunction && isExtern && earlier.kind === 'local')) {
    c.report('redefinition', place, [name], { notes: [{ message: 'previous definition is here', span: earlier.place }] });
    return;
  } else {
    variable = newGlobal(c, name, type, specifiers, place);
    c.variables.push(variable);
  }
  c.scope.names.set(name, variable);
  c.observer?.declared(variable, name, place, !isExtern);
  if (isExtern && inFunction && !c.fileScope.names.has(name)) c.fileScope.names.set(name, variable);
  variable.section ??= sectionOf(attributes);
  variable.keep ||= has(attributes, 'used');
  variable.weak ||= has(attributes, 'weak');
  const tags = tagsIn(attributes, 'btf_decl_tag');
  if (tags.length > 0) variable.tags = [...variable.tags, ...tags];
  if (has(attributes, 'unused')) variable.used = true;
  variable.align = Math.max(variable.align, requestedAlignment(c, attributes, specifiers.alignas));
  if (init !== null) {
    const checked = checkInitialiser(c, init, variable.type, true);
    variable.type = completeArray(variable.type, checked.length);
    variable.init = checked.init;
  }
  if (!isExtern) variable.defined = true;
  completeVariable(c, variable, isExtern, place);
}

const isHelperType = (type: CType): boolean => {
  const to = pointerOf(type)?.to;
  return to !== undefined && functionOf(to) !== null;
};

const isHelperPointer = (variable: GlobalVariable): boolean =>
  isHelperType(variable.type) && qualifiersOf(variable.type).const === true && variable.init !== null;

function completeVariable(c: Checker, variable: GlobalVariable, isExtern: boolean, place: Place): void {
  const array = arrayOf(variable.type);
  if (!isExtern && array !== null && array.length === null && c.fn !== null) variable.type = { ...array, length: 1 };
  if (isComplete(variable.type) || isExtern || array !== null) return;
  c.report('incomplete-variable', place, [variable.name, typeText(variable.type)]);
}

function newGlobal(c: Checker, name: string, type: CType, specifiers: Specifiers, place: Place): GlobalVariable {
  const isLocalStatic = c.fn !== null && specifiers.storage !== 'extern';
  const symbol = isLocalStatic ? `${c.fn?.symbol.name ?? ''}.${name}` : name;
  const unique = c.variables.some((other) => other.name === symbol) && isLocalStatic ? `${symbol}.${c.fresh()}` : symbol;
  return {
    kind: 'global',
    name: unique,
    type,
    place,
    linkage: specifiers.storage === 'static' ? 'static' : 'global',
    section: null,
    init: null,
    defined: false,
    align: alignOf(type),
    used: false,
    keep: false,
    tags: [],
    weak: false,
  };
}

/** A second declaration of a variable; false when they disagree. */
function redeclare(c: Checker, variable: GlobalVariable, type: CType, hasInit: boolean, place: Place): boolean {
  const notes = [{ message: 'previous declaration is here', span: variable.place }];
  if (!sameType(variable.type, type, true)) {
    c.report('conflicting-types', place, [variable.name, typeText(type), typeText(variable.type)], { notes });
    return false;
  }
  if (hasInit && variable.init !== null) {
    c.report('redefinition', place, [variable.name], { notes });
    return false;
  }
  if (arrayOf(variable.type)?.length === null) variable.type = type;
  return true;
}

/** A function with its body. */
function checkFunction(c: Checker, item: FunctionDefinition): void {
  const { specifiers, declarator, body } = item;
  const name = declarator.name ?? '';
  const attributes = [...specifiers.attributes, ...declarator.attributes];
  const outer = c.scope;
  const declared = functionOf(applyDeclarator(c, resolveSpecifiers(c, specifiers), declarator));
  const part = declarator.parts[0];
  if (declared === null || part?.kind !== 'function') {
    c.scope.names.set(name, { kind: 'broken', place: declarator.place });
    return;
  }
  c.scope = new Scope(outer);
  const params = part.names === null ? newParams(c, declared, part) : oldParams(c, item);
  const type: FunctionType =
    part.names === null ? declared : { ...declared, params: params.map((param) => ({ name: param.name, type: param.type })) };
  const inner = c.scope;
  c.scope = outer;
  const symbol = declareFunction(c, name, type, specifiers, attributes, declarator.place);
  if (type.variadic) c.report('variadic-definition', declarator.place);
  if (symbol?.body != null) {
    const notes = [{ message: 'previous definition is here', span: symbol.place }];
    c.report('redefinition', declarator.place, [name], { notes });
    return;
  }
  const owner = symbol ?? newFunction(name, type, declarator.place);
  owner.type = type;
  owner.place = declarator.place;
  c.observer?.declared(owner, name, declarator.place, true);
  if (!isVoid(type.returns) && !isError(type.returns) && !isComplete(type.returns))
    c.report('incomplete-type', declarator.place, [typeText(type.returns)]);
  c.scope = inner;
  c.fn = { symbol: owner, locals: [], labels: new Map(), staticCount: 0 };
  c.loops = 0;
  c.switches = [];
  c.observer?.scopeOpened(inner, declarator.place, body.close);
  const statement = checkBlockHere(c, body);
  for (const [label, state] of c.fn.labels) {
    if (!state.defined) c.report('undeclared-label', state.place, [label]);
    else if (!state.used && !c.reporter.failed) c.report('unused-label', state.place, [label]);
  }
  warnUnusedLocals(c, c.fn.locals);
  c.fn = null;
  c.scope = outer;
  owner.body = { params, statement };
}

function warnUnusedLocals(c: Checker, locals: readonly LocalVariable[]): void {
  for (const local of locals) {
    if (c.reporter.failed || local.isParameter || local.cleanup !== null || local.name.startsWith('.')) continue;
    if (!isMainFile(c, local.place) || isError(local.type)) continue;
    if (!local.used) c.report(local.set === true ? 'unused-but-set' : 'unused-variable', local.place, [local.name]);
    else if (!local.assigned && local.firstUse !== undefined && isScalar(local.type) && c.isOwnText(local.firstUse))
      c.report('uninitialised', local.firstUse, [local.name], {
        notes: [{ message: `'${local.name}' is declared here`, span: local.place }],
      });
  }
}

function parameter(c: Checker, name: string | null, type: CType, place: Place): LocalVariable {
  const variable: LocalVariable = {
    kind: 'local',
    name: name ?? `.param${c.fresh()}`,
    type,
    place,
    isParameter: true,
    align: alignOf(type),
    cleanup: null,
    used: false,
    assigned: true,
  };
  if (name === null) return variable;
  if (c.scope.names.has(name)) c.report('redefinition', place, [name]);
  c.scope.names.set(name, variable);
  c.observer?.declared(variable, name, place, true);
  return variable;
}

function newParams(
  c: Checker,
  type: FunctionType,
  part: Extract<Declarator['parts'][number], { kind: 'function' }>,
): LocalVariable[] {
  return type.params.map((param, index) => {
    const place = part.params[index]?.declarator.place ?? part.place;
    if (!isError(param.type) && !isComplete(param.type))
      c.report('incomplete-variable', place, [param.name ?? '', typeText(param.type)]);
    return parameter(c, param.name, param.type, place);
  });
}

/** Parameters of an old-style definition: types from the declarations before the body, int otherwise. */
function oldParams(c: Checker, item: FunctionDefinition): LocalVariable[] {
  const part = item.declarator.parts[0];
  const types = new Map<string, CType>();
  for (const declaration of item.oldParameters) {
    const base = resolveSpecifiers(c, declaration.specifiers);
    for (const { declarator } of declaration.declarators)
      if (declarator.name !== null) types.set(declarator.name, parameterType(applyDeclarator(c, base, declarator)));
  }
  if (part?.kind !== 'function') return [];
  const names = part.names ?? [];
  return names.map((name) => {
    const place = { file: name.file, start: name.start, end: name.end };
    return parameter(c, name.text, types.get(name.text) ?? { kind: 'int', name: 'int', size: 4, signed: true }, place);
  });
}

/** Declarations inside a function: automatic variables become statements, the rest file-scope things. */
export function checkLocalDeclaration(c: Checker, declaration: Declaration): TStatement[] {
  const { specifiers } = declaration;
  const base = resolveSpecifiers(c, specifiers);
  const statements: TStatement[] = [];
  for (const { declarator, init } of declaration.declarators) {
    if (specifiers.storage === 'static' || specifiers.storage === 'extern' || specifiers.storage === 'typedef') {
      declare(c, specifiers, base, declarator, init);
      continue;
    }
    const statement = declareLocal(c, specifiers, base, declarator, init);
    if (statement !== null) statements.push(statement);
  }
  return statements;
}

function declareLocal(
  c: Checker,
  specifiers: Specifiers,
  base: CType,
  declarator: Declarator,
  init: Initializer | null,
): TStatement | null {
  const name = declarator.name;
  const { place } = declarator;
  if (name === null) return null;
  const attributes = [...specifiers.attributes, ...declarator.attributes];
  let type: CType;
  if (specifiers.type.kind === 'auto') {
    if (init === null || init.kind === 'initializer-list') {
      declareAuto(c, specifiers, declarator);
      type = ERROR_TYPE;
    } else type = rvalue(c, checkExpression(c, init)).type;
  } else type = withMode(c, applyDeclarator(c, base, declarator), attributes);
  const fn = functionOf(type);
  if (fn !== null) {
    declareFunction(c, name, fn, specifiers, attributes, place);
    return null;
  }
  const earlier = c.scope.names.get(name);
  if (earlier !== undefined && earlier.kind !== 'broken') {
    c.report('redefinition', place, [name], { notes: [{ message: 'previous definition is here', span: earlier.place }] });
    return null;
  }
  warnShadow(c, name, place);
  if (isError(type) || (!isComplete(type) && !(arrayOf(type)?.length === null && init !== null))) {
    if (!isError(type)) c.report('incomplete-variable', place, [name, typeText(type)]);
    c.scope.names.set(name, { kind: 'broken', place });
    if (init !== null && init.kind !== 'initializer-list') checkExpression(c, init);
    return null;
  }
  return makeLocal(c, name, type, specifiers, attributes, place, init);
}

/** -Wshadow: a local variable with the name of a variable outside its block. */
function warnShadow(c: Checker, name: string, place: Place): void {
  const outer = c.scope.parent?.find(name) ?? null;
  if (outer === null || (outer.kind !== 'local' && outer.kind !== 'global') || !c.isOwnText(place)) return;
  const what = outer.kind === 'global' ? 'global variable' : outer.isParameter ? 'parameter' : 'local variable';
  c.report('shadow', place, [name, what], { notes: [{ message: 'previous declaration is here', span: outer.place }] });
}

function makeLocal(
  c: Checker,
  name: string,
  type: CType,
  specifiers: Specifiers,
  attributes: readonly Attribute[],
  place: Place,
  init: Initializer | null,
): TStatement {
  const cleanup = attributes.find((attribute) => attribute.name === 'cleanup')?.args[0];
  const cleaner = cleanup?.kind === 'name' ? c.scope.find(cleanup.name) : null;
  if (cleanup !== undefined && cleaner?.kind !== 'function') c.report('cleanup-function', place, [name]);
  if (cleaner?.kind === 'function') cleaner.used = true;
  if (cleanup?.kind === 'name' && cleaner !== null) c.observer?.named(cleaner, cleanup.name, cleanup.place);
  const make = (complete: CType): LocalVariable => ({
    kind: 'local',
    name,
    type: complete,
    place,
    isParameter: false,
    align: Math.max(alignOf(complete), requestedAlignment(c, attributes, specifiers.alignas)),
    cleanup: cleaner?.kind === 'function' ? cleaner : null,
    used: has(attributes, 'unused'),
    assigned: init !== null,
  });
  let variable = make(type);
  c.scope.names.set(name, variable);
  c.observer?.declared(variable, name, place, true);
  if (init === null) {
    c.fn?.locals.push(variable);
    return { kind: 'declare', variable, init: null, place };
  }
  const checked = checkInitialiser(c, init, type, false);
  if (arrayOf(type)?.length === null) {
    const used = variable.used;
    variable = make(completeArray(type, checked.length ?? 1));
    variable.used = used;
    c.scope.names.set(name, variable);
    c.observer?.declared(variable, name, place, true);
  }
  c.fn?.locals.push(variable);
  return { kind: 'declare', variable, init: checked.init, place };
}

/** Bytes an object of static storage takes; a flexible array that is initialised makes it longer than its type. */
export function storageSize(variable: GlobalVariable): number {
  let size = sizeOf(variable.type);
  for (const item of variable.init?.items ?? []) size = Math.max(size, item.offset + sizeOf(item.type));
  return size;
}

/** True for what goes to .rodata: const, volatile or not, without a section of its own. */
export const isReadOnly = (variable: GlobalVariable): boolean => qualifiersOf(variable.type).const === true;
