// One-line C text for a symbol: its declaration as a person would write it, prototypes with the names of parameters. Used by
// hover, completion and the outline.

import { type CType, type FunctionType, sizeOf } from '../abi/ctype.ts';
import { spell } from '../compiler/preprocessor.ts';
import { arrayOf, pointerOf, qualifiersOf, recordOf, typeText } from '../compiler/types.ts';
import { functionBehind } from './expression-type.ts';
import type { LanguageSymbol } from './symbol.ts';

/** Parameters as text, `void` for none. */
export function parameterTexts(type: FunctionType): string[] {
  if (type.unprototyped) return [];
  const texts = type.params.map((param) => typeText(param.type, param.name ?? ''));
  return type.variadic ? [...texts, '...'] : texts;
}

/** `__u64 f(struct flow *flow, __u32 count)` */
function prototype(name: string, type: FunctionType): string {
  return typeText(type.returns, `${name}(${parameterTexts(type).join(', ') || (type.unprototyped ? '' : 'void')})`);
}

/** True for what libbpf makes of a helper: a constant pointer to a function. */
export function isHelperPointer(type: CType): boolean {
  const to = pointerOf(type)?.to;
  return to !== undefined && functionBehind(to) !== null && qualifiersOf(type).const === true;
}

/** The type of an enumerator is an integer; its enum is known by the list that has it. */
export function declarationText(symbol: LanguageSymbol): string {
  const { kind, name, type, thing } = symbol;
  switch (kind) {
    case 'macro':
      return macroHead(symbol);
    case 'label':
      return `${name}:`;
    case 'enumerator':
      return `${name} = ${thing?.kind === 'enumerator' ? numberText(thing.value) : '?'}`;
    case 'typedef':
      return type?.kind === 'typedef' ? `typedef ${typeText(type.of, name)}` : `typedef … ${name}`;
    case 'struct':
    case 'union':
    case 'enum':
      return `${kind} ${name}`;
    case 'function':
      return type?.kind === 'function' ? `${storageOf(symbol)}${prototype(name, type)}` : name;
    case 'global': {
      const fn = type !== null && isHelperPointer(type) ? functionBehind(type) : null;
      if (fn !== null) return prototype(name, fn);
      return type === null ? name : `${storageOf(symbol)}${typeText(type, name)}`;
    }
    default:
      return type === null ? name : typeText(type, name);
  }
}

const storageOf = (symbol: LanguageSymbol): string => {
  const { thing } = symbol;
  const isStatic = (thing?.kind === 'function' || thing?.kind === 'global') && thing.linkage === 'static';
  return isStatic ? 'static ' : '';
};

/** `NAME(a, b) body`, one line. */
function macroHead(symbol: LanguageSymbol): string {
  const { macro, name } = symbol;
  if (macro === null) return name;
  const params = macro.params === null ? '' : `(${macroParameters(macro.params, macro.variadic).join(', ')})`;
  return `#define ${name}${params} ${spell(macro.body)}`.trimEnd();
}

/** Parameters of a macro as they are written. */
export const macroParameters = (params: readonly string[], variadic: string | null): string[] =>
  params.map((param) => (param !== variadic ? param : param === '__VA_ARGS__' ? '...' : `${param}...`));

/** Decimal, and hexadecimal beside it where that helps. */
export function numberText(value: bigint): string {
  const size = value < 0n ? -value : value;
  return size < 256n ? String(value) : `${value} (${value < 0n ? '-' : ''}0x${size.toString(16)})`;
}

/** `8 bytes` for what has a size. */
export function sizeText(type: CType): string {
  const size = sizeOf(type);
  if (size === 0) return '';
  const array = arrayOf(type);
  const of = array === null || array.length === null ? '' : ` (${array.length} × ${sizeOf(array.of)})`;
  return `${size} ${size === 1 ? 'byte' : 'bytes'}${recordOf(type) === null ? of : ''}`;
}
