// Damaged C sources: a program of ours with bytes, tokens, lines and blocks changed, cut, repeated or taken from another. A seed gives
// a source, whatever was made before it. Knows nothing of the compiler.

import { Choice } from './random-choice.ts';

const WORDS = (
  '{ } ( ) [ ] ; , . -> ++ -- & * + - ~ ! / % << >> < > <= >= == != ^ | && || ? : = += -= *= /= %= <<= >>= &= |= ^= ... # ## ' +
  'int char long unsigned signed short _Bool void float double struct union enum typedef extern static const volatile inline ' +
  'if else for while do switch case default break continue goto return sizeof typeof _Alignof _Generic _Static_assert _Atomic ' +
  '__attribute__ asm __builtin_offsetof __builtin_memcpy __builtin_choose_expr __builtin_types_compatible_p __auto_type __label__ ' +
  '_Pragma __VA_ARGS__ __VA_OPT__ __COUNTER__ __LINE__ defined __has_include __int128 __extension__ _Alignas _Noreturn'
).split(' ');
const PIECES = [
  '0',
  '1',
  '-1',
  '1ull<<70',
  '0x',
  '0b2',
  '1e9',
  '1.5f',
  '999999999999999999999',
  "'",
  '"',
  "'ab'",
  "''",
  '"\\x"',
  '"\\u12"',
  'L"x"',
  '/*',
  '*/',
  '//',
  '\\\n',
  '\r\n',
  '\0',
  '\u00e9',
  '\u{1f600}',
  '\ufeff',
  '??/',
  '@',
  '`',
  '$',
  '#define X(',
  '#define X X X',
  '#if',
  '#if 1',
  '#endif',
  '#else',
  '#elif 0',
  '#include "mutant.c"',
  '#include <',
  '#undef int',
  '#pragma unroll',
  '#line 5',
  '__attribute__((',
  '__attribute__((cleanup(x)))',
  '__attribute__((aligned(0)))',
  'enum {',
  'struct {',
  '(void*)',
  '({',
  '})',
  '(int[]){',
  '[0 ... 99]',
  'struct s { struct s x; };',
  'typedef int t; t t;',
  'int f(f);',
  'int a[sizeof a];',
  'goto x;',
  'x:',
  'case 1 ... 0:',
  '&&x',
  '*&',
  'sizeof(',
  'int (*f(int))(int);',
  '_Generic(1,',
  'asm volatile("',
  'for (;;)',
  'int x = x;',
  'return',
  'switch (1) {',
  'struct s;',
  'unsigned _Bool',
  'long long long',
  'int : 0;',
  'int x : 65;',
];
const LIMIT = 200_000;

type Change = (text: string, choice: Choice, others: readonly string[]) => string;

const cut = (text: string, from: number, to: number, middle = ''): string => text.slice(0, from) + middle + text.slice(to);
const place = (text: string, choice: Choice): number => choice.below(text.length + 1);
const TOKEN = /[A-Za-z_]\w*|\d\w*|"(?:[^"\\\n]|\\.)*"|[^\s\w]/g;

/** One token of a text with its place. */
function token(text: string, choice: Choice): { readonly at: number; readonly text: string } | null {
  const from = place(text, choice);
  TOKEN.lastIndex = from;
  const found = TOKEN.exec(text);
  return found === null ? null : { at: found.index, text: found[0] };
}

/** From a `{` to its `}`, somewhere. */
function block(text: string, choice: Choice): readonly [number, number] | null {
  const open = text.indexOf('{', place(text, choice));
  if (open < 0) return null;
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return [open, at + 1];
  }
  return [open, text.length];
}

function lineSpan(text: string, choice: Choice, most: number): readonly [number, number] {
  const from = text.lastIndexOf('\n', place(text, choice)) + 1;
  let to = from;
  for (let lines = choice.between(1, most); lines > 0; lines--) {
    const end = text.indexOf('\n', to);
    if (end < 0) return [from, text.length];
    to = end + 1;
  }
  return [from, to];
}

const CHANGES: readonly (readonly [weight: number, change: Change])[] = [
  [8, (text, choice) => cut(text, ...one(place(text, choice)), String.fromCharCode(choice.below(256)))],
  [
    2,
    (text, choice) =>
      cut(text, ...one(place(text, choice)), String.fromCodePoint(choice.pick([0, 0x2028, 0xd7ff, 0xfffd, 0x1f600, 0xe000]))),
  ],
  [3, (text, choice) => cut(text, ...one(place(text, choice)), String.fromCharCode(0xd800 + choice.below(0x800)))],
  [6, (text, choice) => text.slice(0, place(text, choice))],
  [2, (text, choice) => text.slice(place(text, choice))],
  [14, (text, choice) => insert(text, place(text, choice), ` ${choice.pick(WORDS)} `)],
  [14, (text, choice) => insert(text, place(text, choice), choice.pick(PIECES))],
  [10, (text, choice) => withToken(text, choice, () => '')],
  [10, (text, choice) => withToken(text, choice, () => choice.pick(WORDS))],
  [6, (text, choice) => withToken(text, choice, () => choice.pick(PIECES))],
  [6, (text, choice) => withToken(text, choice, (word) => `${word} ${word}`)],
  [8, (text, choice) => swapTokens(text, choice)],
  [6, (text, choice) => cut(text, ...lineSpan(text, choice, 4))],
  [6, (text, choice) => repeat(text, lineSpan(text, choice, 6), choice.between(1, 3))],
  [6, (text, choice, others) => splice(text, choice, others)],
  [5, (text, choice) => onBlock(text, choice, (span) => cut(text, span[0], span[1]))],
  [5, (text, choice) => onBlock(text, choice, (span) => repeat(text, span, choice.between(1, 3)))],
  [3, (text, choice) => onBlock(text, choice, (span) => cut(text, span[0], span[1], ';'))],
  [3, (text, choice) => nest(text, choice)],
  [3, (text, choice) => bigMacro(text, choice)],
  [2, (text, choice) => text.replaceAll('\n', choice.pick(['\r\n', '\r', '\\\n', ' ']))],
  [3, (text, choice) => rename(text, choice)],
];

const one = (at: number): readonly [number, number] => [at, at + 1];
const insert = (text: string, at: number, what: string): string => cut(text, at, at, what);
const repeat = (text: string, [from, to]: readonly [number, number], times: number): string =>
  insert(text, to, text.slice(from, to).repeat(times));

function withToken(text: string, choice: Choice, change: (word: string) => string): string {
  const found = token(text, choice);
  return found === null ? text : cut(text, found.at, found.at + found.text.length, change(found.text));
}

function swapTokens(text: string, choice: Choice): string {
  const [a, b] = [token(text, choice), token(text, choice)];
  if (a === null || b === null || a.at === b.at) return text;
  const [first, second] = a.at < b.at ? [a, b] : [b, a];
  const changed = cut(text, second.at, second.at + second.text.length, first.text);
  return cut(changed, first.at, first.at + first.text.length, second.text);
}

function splice(text: string, choice: Choice, others: readonly string[]): string {
  const other = choice.pick(others);
  const [from, to] = lineSpan(other, choice, 12);
  return insert(text, lineSpan(text, choice, 1)[0], other.slice(from, to));
}

function onBlock(text: string, choice: Choice, change: (span: readonly [number, number]) => string): string {
  const span = block(text, choice);
  return span === null ? text : change(span);
}

/** Something put inside many brackets, operators or declarators. */
function nest(text: string, choice: Choice): string {
  const [open, close] = choice.pick([
    ['(', ')'],
    ['{', '}'],
    ['[', ']'],
    ['({', ';})'],
    ['- ', ''],
    ['!', ''],
    ['*', ''],
    ['(int)', ''],
    ['if (1) ', ''],
    ['if (1) ; else ', ''],
    ['struct {', '} x;'],
    ['sizeof(', ')'],
    ['x ? ', ' : 1'],
    ['1 + ', ''],
    ['a: ', ''],
    ['case 1: ', ''],
    ['do ', ' while (0);'],
    ['typeof(', ')'],
    ['f(', ')'],
    ['{.a = ', '}'],
    ['_Generic(1, default: ', ')'],
    ['#if 1\n', '\n#endif\n'],
  ] as const);
  const times = choice.pick([3, 50, 300, 2000]);
  const at = place(text, choice);
  return insert(
    text,
    at,
    open.repeat(times) + choice.pick(['1', 'x', '', ';']) + close.repeat(choice.chance(50) ? times : choice.below(times)),
  );
}

/** Macros that grow: of each other, of themselves, of their arguments. */
function bigMacro(text: string, choice: Choice): string {
  const word = token(text, choice)?.text ?? 'x';
  const times = choice.pick([2, 3, 10]);
  const lines = [`#define Z0(a) ${`a ${word} `.repeat(times)}`];
  for (let level = 1; level < choice.between(2, 12); level++)
    lines.push(`#define Z${level}(a) Z${level - 1}(a) `.concat(`Z${level - 1}(a) `.repeat(times - 1)));
  const use = `Z${choice.below(lines.length)}(${choice.pick(['1', word, 'Z1', '', '(', 'Z0(Z1(2))'])})`;
  if (/^[A-Za-z_]\w*$/.test(word) && choice.chance(30))
    lines.push(`#define ${word} ${choice.pick(['', word, `${word} ${word}`, `(${word})`, '1', ';'])}`);
  return `${lines.join('\n')}\n${insert(text, place(text, choice), use)}`;
}

/** One name becomes another everywhere. */
function rename(text: string, choice: Choice): string {
  const [from, to] = [token(text, choice), token(text, choice)];
  if (from === null || to === null || !/^\w+$/.test(from.text)) return text;
  return text.split(new RegExp(`\\b${from.text}\\b`)).join(to.text);
}

/** The damaged source of a seed, and the number of the program it was made from. */
export function damagedSource(seed: number, programs: readonly string[]): { readonly text: string; readonly from: number } {
  const choice = new Choice(seed, 'damaged-source');
  const from = choice.below(programs.length);
  let text = programs[from] ?? '';
  for (
    let changes = choice.weighted([
      [40, 1],
      [30, 2],
      [15, 3],
      [10, 6],
      [5, 15],
    ]);
    changes > 0;
    changes--
  ) {
    text = choice.weighted(CHANGES)(text, choice, programs);
    if (text.length > LIMIT) text = text.slice(0, LIMIT);
  }
  return { text, from };
}
