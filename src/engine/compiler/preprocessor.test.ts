// Macro replacement and directives, by the text that comes out. The hard cases are those of C11 6.10.3.5.

import { describe, expect, it } from 'vitest';
import { preprocess, spell } from './preprocessor.ts';
import { Reporter } from './report.ts';

function expand(text: string, headers: Readonly<Record<string, string>> = {}): string {
  const reporter = new Reporter();
  const { tokens } = preprocess(
    { path: 'p.c', text },
    {
      defines: [['FROM_OUTSIDE', '7']],
      findHeader: (name) => {
        const found = headers[name];
        return found === undefined ? null : { path: name, text: found };
      },
      headerNames: () => Object.keys(headers),
    },
    reporter,
  );
  const findings = reporter.diagnostics.map(({ code }) => `!${code}`);
  return [...findings, spell(tokens.slice(0, -1)).replace(/\s+/g, ' ').trim()].join(' ').trim();
}

const rows: readonly (readonly [string, string, string])[] = [
  ['object-like', '#define N 3\nN + M', '3 + M'],
  ['function-like without a call stays', '#define F(x) x\nF + F (2)', 'F + 2'],
  ['no replacement inside itself', '#define f(a) a*g\n#define g(a) f(a)\nf(2)(9)', '2*9*g'],
  ['self reference', '#define foo foo + 1\nfoo', 'foo + 1'],
  [
    'arguments are replaced first',
    '#define x 3\n#define f(a) f(x * (a))\n#define z z[0]\nf(y+1) + f(f(z)) % t',
    'f(3 * (y+1)) + f(3 * (f(3 * (z[0])))) % t',
  ],
  [
    'stringise and paste',
    '#define str(s) # s\n#define xstr(s) str(s)\n#define INC(n) vers ## n\nxstr(INC(2).h) str( a  "b\\n" )',
    '"vers2.h" "a \\"b\\\\n\\""',
  ],
  ['paste makes names that are replaced', '#define AB 5\n#define cat(a, b) a ## b\ncat(A, B)', '5'],
  ['empty arguments', '#define t(x,y,z) x ## y ## z\nt(1,2,3) t(,4,5) t(6,,7) t(,,)', '123 45 67'],
  ['variadic', '#define p(f, ...) q(f, __VA_ARGS__)\np("x", 1, 2)', 'q("x", 1, 2)'],
  ['GNU comma swallowing', '#define p(f, ...) q(f, ##__VA_ARGS__)\np(1) p(1, 2)', 'q(1) q(1,2)'],
  ['GNU named variadic', '#define p(f, args...) q(f, ## args)\np(1) p(1, 2, 3)', 'q(1) q(1, 2, 3)'],
  ['__VA_OPT__', '#define p(f, ...) q(f __VA_OPT__(,) __VA_ARGS__)\np(1) p(1, 2)', 'q(1) q(1, 2)'],
  ['counter and line', '__COUNTER__ __COUNTER__ __LINE__', '0 1 1'],
  ['#line', '#line 40 "other.c"\n__LINE__ __FILE__', '40 "other.c"'],
  ['-D', 'FROM_OUTSIDE', '7'],
  ['conditionals', '#if 0\na\n#elif defined(FROM_OUTSIDE) && FROM_OUTSIDE > 6\nb\n#else\nc\n#endif\n#ifndef X\nd\n#endif', 'b d'],
  ['conditions compute in 64 bits', "#if -1 > 0u && (1 << 40) / 2 == 0x8000000000 && 'a' == 97 && !X\nyes\n#endif", 'yes'],
  ['skipped groups are not read', '#if 0\n"\n#if garbage (\n#endif\n#define A 1\n#endif\nA', 'A'],
  ['include once', '#include "a.h"\n#include "a.h"\nend', 'a end'],
  ['include through a macro', '#define H <b.h>\n#include H', 'b'],
  ['include guard', '#include "g.h"\n#include "g.h"', 'g'],
  ['line splices', '#define A 1 \\\n + 2\nA ab\\\ncd', '1 + 2 abcd'],
  ['comments', 'a/* x */b // c \\\n d\ne', 'a b e'],
  ['push_macro', '#define A 1\n#pragma push_macro("A")\n#undef A\n#define A 2\nA\n#pragma pop_macro("A")\nA', '2 1'],
  ['_Pragma disappears', 'a _Pragma("clang diagnostic push") b', 'a b'],
  ['arguments over several lines', '#define F(a, b) a b\nF(1,\n2)', '1 2'],
  ['redefinition is a warning', '#define A 1\n#define A 2\nA', '!macro-redefined 2'],
  ['the same definition again is none', '#define A 1 + 1\n#define A 1   + 1\nA', '1 + 1'],
  ['undefined directive', '#foo\nx', '!unknown-directive x'],
  ['missing argument', '#define F(a, b) a b\nF(1)', '!macro-argument-count 0'],
  ['division by zero in a condition', '#if 1 / 0\nx\n#endif', '!condition-syntax'],
  ['... but not where it is not evaluated', '#if 0 && 1 / 0\nx\n#else\ny\n#endif', 'y'],
];

describe('preprocessor', () => {
  const headers = { 'a.h': '#pragma once\na\n', 'b.h': 'b\n', 'g.h': '#ifndef G\n#define G\ng\n#endif\n' };
  for (const [name, text, expected] of rows) {
    it(name, () => {
      expect(expand(text, headers)).toBe(expected);
    });
  }
});
