// What the published BPF qdiscs need of a C compiler (specification of struct_ops qdiscs, 3.5), one small program an item: run by
// language.test.ts, listed in docs/c-subset.md. Data only.

import { type NamedProgram, T, u64 } from './language-programs.ts';

export interface RequirementChapter {
  readonly title: string;
  readonly programs: readonly NamedProgram[];
}

const preprocessor: readonly NamedProgram[] = [
  ['object and function macros', `#define N 3\n#define ADD(a, b) ((a) + (b))\n${T} { return ADD(N, 4) * N; }`, 21],
  [
    'GNU named variadic macro',
    `#define SUM(first, rest...) sum3(first, rest)\nstatic int sum3(int a, int b, int c) { return a * 100 + b * 10 + c; } ${T} { return SUM(1, 2, 3); }`,
    123,
  ],
  [
    'comma swallowed by ##args',
    `#define CALL(f, args...) f(0, ##args)\nstatic int g(int a) { return a + 7; } ${T} { return CALL(g); }`,
    7,
  ],
  [
    '__VA_ARGS__',
    `#define FIRST(...) first(__VA_ARGS__)\nstatic int first(int a, int b) { return a - b; } ${T} { return FIRST(9, 2); }`,
    7,
  ],
  [
    'stringify and paste',
    `#define NAME(n) "." #n\n#define FN(n) ____##n\nstatic int FN(go)(void) { return sizeof(NAME(data)); } ${T} { return ____go(); }`,
    6,
  ],
  [
    'argument counting by position',
    `#define NTH(a, b, c, d, N, ...) N\n#define COUNT(...) NTH(_, ##__VA_ARGS__, 3, 2, 1, 0)\n${T} { return COUNT() * 100 + COUNT(a) * 10 + COUNT(a, b, c); }`,
    13,
  ],
  [
    'nested expansion and no expansion of itself',
    `#define wrap(x) wrap((x) + 1)\nstatic int (wrap)(int x) { return x; }\n#define twice(x) wrap(wrap(x))\n${T} { return twice(5); }`,
    7,
  ],
  ['adjacent strings are one', `static const char t[] = "ab" "cd" "e"; ${T} { return sizeof t + t[3]; }`, 6 + 100],
  ['__COUNTER__', `enum { A = __COUNTER__, B = __COUNTER__ }; ${T} { return B - A; }`, 1],
  [
    '#if and defined',
    `#define X 2\n#if defined(X) && X > 1 && !defined(Y)\n#define V 5\n#else\n#define V 6\n#endif\n${T} { return V; }`,
    5,
  ],
  [
    '#pragma clang attribute push and pop',
    `#pragma clang attribute push(__attribute__((unused)), apply_to = record)\nstruct s { int a; };\n#pragma clang attribute pop\n${T} { struct s x = {3}; return x.a; }`,
    3,
  ],
  [
    'BPF_PROG2, types and names in pairs',
    `#include <linux/bpf.h>\n#include <bpf/bpf_tracing.h>\nint BPF_PROG2(add, int, a, unsigned char *, at, long, b) { return a + b + (at == 0); }\n${T} { unsigned long long c[3] = {3, 0, 4}; return add(c); }`,
    8,
  ],
  [
    '_Pragma in the middle of a declaration',
    `#define QUIET _Pragma("GCC diagnostic push")\nQUIET static int v = 4; ${T} { return v; }`,
    4,
  ],
];

const types: readonly NamedProgram[] = [
  [
    'all integer widths',
    `${T} { return sizeof(char) + sizeof(short) * 10 + sizeof(int) * 100 + sizeof(long) * 1000 + sizeof(long long) * 10000; }`,
    88421,
  ],
  ['_Bool in memory is 0 or 1', `struct s { _Bool b; }; ${T} { struct s s; s.b = 0x100; return *(unsigned char *)&s; }`, 1],
  [
    'named and anonymous enums',
    `enum color { RED = 3, BLUE }; enum { OFF = 10 }; ${T} { enum color c = BLUE; return c + OFF; }`,
    14,
  ],
  [
    'aligned and packed members',
    `struct s { char a; int b __attribute__((packed)); long c __attribute__((aligned(16))); }; ${T} { return sizeof(struct s) + __builtin_offsetof(struct s, b); }`,
    33,
  ],
  ['pointer to pointer', `static void set(int **p, int *to) { *p = to; } ${T} { int a = 5, *p = 0; set(&p, &a); return *p; }`, 5],
  [
    'pointer to an array (the map macros)',
    `struct { int (*max_entries)[64]; } *m; ${T} { return sizeof(*m->max_entries) / sizeof(int); }`,
    64,
  ],
  [
    'typeof of an expression and of a type',
    `${T} { long a = 1; typeof(a) b = -1; typeof(unsigned char) c = 300; return (b < 0) * 100 + c; }`,
    144,
  ],
  [
    'incomplete type and identical redefinition',
    `struct n; struct n *keep; struct n { int a; }; struct n { int a; }; ${T} { struct n x = {8}; return x.a; }`,
    8,
  ],
];

const declarations: readonly NamedProgram[] = [
  [
    '.data, .bss, .rodata and named sections',
    `int d = 3; int z; const volatile int r = 4; __attribute__((section(".data.A"))) long s = 5; ${T} { z = 2; return d * 1000 + z * 100 + r * 10 + s; }`,
    3245,
  ],
  [
    'forward declarations and redeclarations',
    `static int f(int); static int f(int); ${T} { return f(2); } static int f(int x) { return x * 21; }`,
    42,
  ],
  [
    'designated text and function in one struct',
    `struct ops { int (*run)(int); char id[16]; }; static int run(int x) { return x + 1; } ${T} { struct ops o = { .run = (void *)run, .id = "text" }; return (o.run == run) + o.id[3] + o.id[15]; }`,
    117,
  ],
  [
    'empty initialiser, and the rest is zero',
    `struct s { long a, b; int c[3]; }; ${T} { struct s x = {}, y = { .b = 4 }; return x.a + x.c[2] + y.a + y.b + y.c[0]; }`,
    4,
  ],
  ['declarations between statements', `${T} { int a = 1; a++; int b = a * 3; b++; long c = b; return c; }`, 7],
  [
    'attributes before, between and after declarators',
    `__attribute__((unused)) static int a __attribute__((aligned(8))) = 1, b __attribute__((unused)) = 2; ${T} { return a * 10 + b; }`,
    12,
  ],
  [
    'several declarators with attributes in one for',
    `static int left; static void done(int *p) { left += *p; } ${T} { for (int i __attribute__((cleanup(done))) = 3, *p __attribute__((unused)) = ((void)0, (void *)0); i < 6; i++) ; return left; }`,
    6,
  ],
];

const statements: readonly NamedProgram[] = [
  ['goto forward and backward', `${T} { int n = 0; again: n++; if (n < 4) goto again; goto out; n = 100; out: return n; }`, 4],
  ['goto into the body of an if', `${T} { int n = 1; if (n) goto inside; if (n == 9) { inside: n += 5; } return n; }`, 6],
  [
    'empty statement behind a block',
    `${T} { int n = 0; for (int i = 0; i < 3; i++) { n += i; }; if (n == 3) { n = 8; }; return n; }`,
    8,
  ],
  [
    'chained assignment through a pointer',
    `struct s { int c; }; static int f(void) { return 6; } ${T} { struct s s, *b = &s; int a; a = b->c = f(); return a * 10 + s.c; }`,
    66,
  ],
  [
    'comma as a separator of statements',
    `static int done; static void finish(int x) { done = x; } ${T} { int a, b; a = 1, b = a + 1, finish(b); return done * 10 + b; }`,
    22,
  ],
  [
    'compound assignment and steps on fields',
    `struct s { unsigned q; } g; ${T} { struct s *p = &g; p->q += 5; p->q++; --p->q; p->q <<= 2; return p->q; }`,
    20,
  ],
  ['pointers to integers and back', `${T} { int a = 9; unsigned long n = (unsigned long)&a; return *(int *)(void *)n; }`, 9],
  [
    'comparison of pointers, and their truth',
    `int x, y; static int *pick(int w) { return w ? &x : &y; } ${T} { return (pick(1) == &x) * 100 + (pick(0) == &x) * 10 + !pick(1) + (pick(0) ? 1 : 0); }`,
    101,
  ],
  [
    'integer suffixes and wide shifts',
    `${T} { return (1ULL << 32) + 1000000000L + (~0ULL >> 60); }`,
    (1n << 32n) + 1000000000n + 15n,
  ],
  [
    'signed comparison of a wrapped difference',
    `${T} { volatile unsigned long long a = 5, b = ~0ULL; return (long long)(a - b) > 0; }`,
    1,
  ],
  ['unsigned division and modulo by zero', `${T} { volatile unsigned z = 0, v = 9; return v / z * 10 + v % z; }`, 9],
];

const functions: readonly NamedProgram[] = [
  [
    'one function called and inlined',
    `static int sq(int x) { return x * x; } ${T} { int s = 0; for (int i = 0; i < 40; i++) s += sq(i) - sq(i - 1); return s; }`,
    1520,
  ],
  [
    'addresses of locals as out-parameters',
    `struct n { int v; }; static __attribute__((noinline)) int find(int key, struct n **out, unsigned *count) { static struct n n; n.v = key; *out = &n; *count += 2; return 0; } ${T} { struct n *p; unsigned c = 1; find(7, &p, &c); return p->v * 10 + c; }`,
    73,
  ],
  [
    'functions that return pointers',
    `static int cells[4]; static __attribute__((noinline)) int *at(int i) { return i > 3 ? (void *)0 : &cells[i]; } ${T} { int *p = at(2); if (!p) return 1; *p = 5; return cells[2] + !at(9); }`,
    6,
  ],
  [
    'unused static and inline functions cost nothing',
    `extern int nowhere(int); static inline int unused(int x) { return nowhere(x); } ${T} { return 3; }`,
    3,
  ],
  [
    'small structs are copied by stores',
    `struct s { long a, b; char c; }; ${T} { struct s x = {1, 2, 3}, y; __builtin_memset(&y, 0, sizeof y); y = x; return y.a * 100 + y.b * 10 + y.c; }`,
    123,
  ],
  ['negative numbers wrap as two’s complement', `${T} { volatile int a = -5; return (unsigned long long)(long)a; }`, u64(-5)],
];

export const REQUIREMENT_PROGRAMS: readonly RequirementChapter[] = [
  { title: 'Preprocessor', programs: preprocessor },
  { title: 'Types', programs: types },
  { title: 'Declarations', programs: declarations },
  { title: 'Statements and expressions', programs: statements },
  { title: 'Functions', programs: functions },
];
