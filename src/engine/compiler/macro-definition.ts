// Macro definitions (C11 6.10.3, GNU named variadics): parsing of #define, comparison of two definitions, and the macros
// that exist before the first line. Knows nothing of replacement.

import type { SourceFile } from '../base/source.ts';
import { lex } from './lexer.ts';
import type { Macro } from './macro-expander.ts';
import type { Reporter } from './report.ts';
import { placeOf, type Token } from './token.ts';

/** Reads what follows `#define`; null (and a finding) when it is no macro. */
export function parseMacro(directive: Token, rest: readonly Token[], reporter: Reporter): Macro | null {
  const name = rest[0];
  if (name?.kind !== 'identifier') {
    reporter.report('macro-name-missing', placeOf(name ?? directive));
    return null;
  }
  if (name.text === 'defined' || name.text === '__VA_ARGS__' || name.text === '__VA_OPT__') {
    reporter.report('macro-name-reserved', placeOf(name), [name.text]);
    return null;
  }
  const open = rest[1];
  const definition = placeOf(name);
  if (open?.text !== '(' || open.spaceBefore)
    return { name: name.text, params: null, variadic: null, body: rest.slice(1), definition, builtin: null };
  const params: string[] = [];
  let variadic: string | null = null;
  let at = 2;
  for (; rest[at]?.text !== ')'; at++) {
    const token = rest[at];
    if (token === undefined || variadic !== null) {
      reporter.report('macro-parameters', placeOf(token ?? rest.at(-1) ?? name), [name.text]);
      return null;
    }
    if (token.text === '...') {
      variadic = '__VA_ARGS__';
      params.push(variadic);
    } else if (token.kind === 'identifier' && !params.includes(token.text)) {
      params.push(token.text);
      if (rest[at + 1]?.text === '...') {
        variadic = token.text;
        at++;
      }
    } else {
      reporter.report('macro-parameters', placeOf(token), [name.text]);
      return null;
    }
    if (rest[at + 1]?.text === ',') at++;
    else if (rest[at + 1]?.text !== ')') {
      reporter.report('macro-parameters', placeOf(rest[at + 1] ?? token), [name.text]);
      return null;
    }
  }
  const body = rest.slice(at + 1);
  return { name: name.text, params, variadic, body, definition, builtin: null };
}

/** Stands for a macro whose definition was wrong: any arguments, the number 0. */
export const brokenMacro = (name: Token): Macro => ({
  name: name.text,
  params: ['__VA_ARGS__'],
  variadic: '__VA_ARGS__',
  body: [{ ...name, kind: 'number', text: '0' }],
  definition: placeOf(name),
  builtin: null,
});

/** Same parameters and same replacement, white space apart (C11 6.10.3 paragraph 2). */
export function definesSame(a: Macro, b: Macro): boolean {
  if (a.builtin !== b.builtin || a.params?.join() !== b.params?.join() || a.body.length !== b.body.length) return false;
  return a.body.every((token, i) => token.text === b.body[i]?.text);
}

const PREDEFINED: readonly (readonly [string, string])[] = [
  ['__STDC__', '1'],
  ['__STDC_VERSION__', '201112L'],
  ['__STDC_HOSTED__', '0'],
  ['__GNUC__', '4'],
  ['__GNUC_MINOR__', '2'],
  ['__GNUC_PATCHLEVEL__', '1'],
  ['__clang__', '1'],
  ['__clang_major__', '18'],
  ['__clang_minor__', '1'],
  ['__clang_patchlevel__', '0'],
  ['__bpf__', '1'],
  ['__BPF__', '1'],
  ['bpf', '1'],
  ['__LP64__', '1'],
  ['_LP64', '1'],
  ['__CHAR_BIT__', '8'],
  ['__SCHAR_MAX__', '127'],
  ['__SHRT_MAX__', '32767'],
  ['__INT_MAX__', '2147483647'],
  ['__LONG_MAX__', '9223372036854775807L'],
  ['__LONG_LONG_MAX__', '9223372036854775807LL'],
  ['__SIZE_MAX__', '18446744073709551615UL'],
  ['__SIZEOF_SHORT__', '2'],
  ['__SIZEOF_INT__', '4'],
  ['__SIZEOF_LONG__', '8'],
  ['__SIZEOF_LONG_LONG__', '8'],
  ['__SIZEOF_POINTER__', '8'],
  ['__SIZEOF_SIZE_T__', '8'],
  ['__SIZE_TYPE__', 'long unsigned int'],
  ['__PTRDIFF_TYPE__', 'long int'],
  ['__INTPTR_TYPE__', 'long int'],
  ['__UINTPTR_TYPE__', 'long unsigned int'],
  ['__WCHAR_TYPE__', 'int'],
  ['__INT8_TYPE__', 'signed char'],
  ['__INT16_TYPE__', 'short'],
  ['__INT32_TYPE__', 'int'],
  ['__INT64_TYPE__', 'long int'],
  ['__UINT8_TYPE__', 'unsigned char'],
  ['__UINT16_TYPE__', 'unsigned short'],
  ['__UINT32_TYPE__', 'unsigned int'],
  ['__UINT64_TYPE__', 'long unsigned int'],
  ['__INT_LEAST8_TYPE__', 'signed char'],
  ['__UINT_LEAST8_TYPE__', 'unsigned char'],
  ['__INT_LEAST16_TYPE__', 'short'],
  ['__UINT_LEAST16_TYPE__', 'unsigned short'],
  ['__INT_LEAST32_TYPE__', 'int'],
  ['__UINT_LEAST32_TYPE__', 'unsigned int'],
  ['__INT_LEAST64_TYPE__', 'long int'],
  ['__UINT_LEAST64_TYPE__', 'long unsigned int'],
  ['__INTMAX_TYPE__', 'long int'],
  ['__UINTMAX_TYPE__', 'long unsigned int'],
  ['__ORDER_LITTLE_ENDIAN__', '1234'],
  ['__ORDER_BIG_ENDIAN__', '4321'],
  ['__BYTE_ORDER__', '1234'],
  ['__LITTLE_ENDIAN__', '1'],
  ['__VERSION__', '"Clang compatible"'],
  ['__ATOMIC_RELAXED', '0'],
  ['__ATOMIC_CONSUME', '1'],
  ['__ATOMIC_ACQUIRE', '2'],
  ['__ATOMIC_RELEASE', '3'],
  ['__ATOMIC_ACQ_REL', '4'],
  ['__ATOMIC_SEQ_CST', '5'],
];
const COMPUTED = [
  '__FILE__',
  '__LINE__',
  '__COUNTER__',
  '__INCLUDE_LEVEL__',
  '__BASE_FILE__',
  '__DATE__',
  '__TIME__',
  '_Pragma',
] as const;
export type ComputedMacro = (typeof COMPUTED)[number];

const predefinedFiles = new Map<string, SourceFile>();

function objectMacro(name: string, value: string): Macro {
  const key = `${name} ${value}`;
  let file = predefinedFiles.get(key);
  if (file === undefined) {
    file = { path: '<built-in>', text: value };
    if (predefinedFiles.size < 500) predefinedFiles.set(key, file);
  }
  return { name, params: null, variadic: null, body: lex(file).tokens.slice(0, -1), definition: null, builtin: null };
}

/** What is defined before the first line: the target's macros, then `-D` in order (`NAME` alone means 1). */
export function predefinedMacros(defines: readonly (readonly [string, string])[]): Macro[] {
  const fixed = PREDEFINED.map(([name, value]) => objectMacro(name, value));
  const computed = COMPUTED.map(
    (name): Macro => ({ name, params: null, variadic: null, body: [], definition: null, builtin: name }),
  );
  return [...fixed, ...computed, ...defines.map(([name, value]) => objectMacro(name, value))];
}
