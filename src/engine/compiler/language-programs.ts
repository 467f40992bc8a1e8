// Small C programs, one a feature of the language, with the value that `test` returns: language.test.ts runs them, docs/c-subset.md
// lists them. Data only.

/** Name, program, value. */
export type NamedProgram = readonly [name: string, source: string, value: bigint | number];

export const u64 = (value: bigint | number): bigint => BigInt.asUintN(64, BigInt(value));
export const T = 'unsigned long long test(void)';

/** Name, program, value. */
export const LANGUAGE_PROGRAMS: readonly NamedProgram[] = [
  ['integer promotion of unsigned char', `${T} { unsigned char a = 200, b = 100; return a + b; }`, 300],
  ['wrap of unsigned char', `${T} { unsigned char a = 200; a += 100; return a; }`, 44],
  ['char is signed', `${T} { char c = 200; return c; }`, u64(-56)],
  ['shift right of a negative int is arithmetic', `${T} { volatile int a = -8; return a >> 1; }`, u64(-4)],
  ['unsigned comparison of mixed operands', `${T} { volatile int a = -1; volatile unsigned b = 1; return a > b; }`, 1],
  ['long and unsigned int compare as long', `${T} { volatile long a = -1; volatile unsigned b = 1; return a < b; }`, 1],
  ['integer suffixes', `${T} { return ~0ULL - 0xFFFFFFFFU + 1000000000L; }`, u64(~0n) - 0xffffffffn + 1000000000n],
  ['octal, binary and character constants', `${T} { return 017 + 0b101 + 'A' + '\\n' + '\\x41'; }`, 15 + 5 + 65 + 10 + 65],
  ['_Bool normalises', `${T} { _Bool b = 256; b += 5; return b; }`, 1],
  ['enumerators and their values', `enum e { A, B = 7, C }; ${T} { enum e x = C; return x * 10 + A; }`, 80],
  [
    'struct members and nested structs',
    `struct p { int x, y; struct { char c; } in; }; ${T} { struct p a = {1, 2, {3}}; return a.x * 100 + a.y * 10 + a.in.c; }`,
    123,
  ],
  [
    'anonymous union in a struct',
    `struct s { union { unsigned w; unsigned char b[4]; }; }; ${T} { struct s s = {0x01020304}; return s.b[3]; }`,
    1,
  ],
  [
    'struct assignment and return by value',
    `struct p { long a, b, c; }; static __attribute__((noinline)) struct p f(long x) { struct p r = {x, x + 1, x + 2}; return r; } ${T} { struct p q = f(5), r; r = q; return r.a * 100 + r.b * 10 + r.c; }`,
    567,
  ],
  [
    'struct as an argument is a copy',
    `struct p { int a; }; static __attribute__((noinline)) void f(struct p p) { p.a = 9; } ${T} { struct p p = {4}; f(p); return p.a; }`,
    4,
  ],
  [
    'packed struct',
    `struct __attribute__((packed)) p { char c; int i; short s; }; ${T} { struct p p = {1, 0x12345678, 3}; return sizeof p * 1000 + (p.i & 0xff); }`,
    7120,
  ],
  [
    'aligned member',
    `struct p { char c; char d __attribute__((aligned(16))); }; ${T} { return sizeof(struct p) + __builtin_offsetof(struct p, d); }`,
    48,
  ],
  [
    'bit-fields, signed and unsigned',
    `struct b { int a : 3; unsigned b : 5; long long c : 40; }; ${T} { volatile int v = 7; struct b x = {v, 33, -2}; return (x.a == -1) * 100 + x.b * 10 + (x.c == -2); }`,
    111,
  ],
  ['bit-field assignment gives the stored value', `struct b { unsigned a : 4; }; ${T} { struct b x; return (x.a = 0x25); }`, 5],
  [
    'arrays of arrays',
    `${T} { int m[2][3] = {{1, 2, 3}, {4, 5, 6}}; int (*r)[3] = m; return r[1][2] * 10 + sizeof m[0] / sizeof m[0][0]; }`,
    63,
  ],
  [
    'designated initialisers and ranges',
    `${T} { int a[8] = {[2] = 5, 6, [5 ... 7] = 1}; return a[0] + a[2] * 10 + a[3] * 100 + a[6] * 1000; }`,
    1650,
  ],
  [
    'nested designators go on behind',
    `struct o { struct { int a, b; } in; int c; }; ${T} { struct o o = {.in.a = 1, 2, 3}; return o.in.a * 100 + o.in.b * 10 + o.c; }`,
    123,
  ],
  ['brace elision', `struct p { int x, y; }; ${T} { struct p a[2] = {1, 2, 3, 4}; return a[1].x * 10 + a[0].y; }`, 32],
  [
    'sizes of array parameters are only said',
    `int sum(int n, int m, int a[n][m]); static int f(int n, int a[n], int b[2][4]) { return a[n - 1] + b[1][3]; }
${T} { int a[] = {1, 2, 3}, b[2][4] = {[1] = {[3] = 40}}; return f(3, a, b); }`,
    43,
  ],
  ['array length from its initialiser', `static const short t[] = {1, 2, 3}; ${T} { return sizeof t / sizeof *t; }`, 3],
  [
    'string literals and their concatenation',
    `${T} { const char *s = "ab" "cd"; char a[] = "xyz"; return s[3] * 1000 + sizeof a; }`,
    100004,
  ],
  [
    'pointers to static data in static data',
    `static const char *const w[] = {"one", "two"}; volatile int k = 1; ${T} { return w[k][1]; }`,
    119,
  ],
  [
    'compound literals',
    `struct p { int a, b; }; static int f(const struct p *p) { return p->a * 10 + p->b; } ${T} { return f(&(struct p){.b = 2, .a = 4}) + (int[]){5, 6}[1]; }`,
    48,
  ],
  [
    'pointer arithmetic and difference',
    `struct p { char c[12]; }; ${T} { struct p a[5], *p = a + 4, *q = &a[1]; return (p - q) * 100 + ((char *)p - (char *)q); }`,
    336,
  ],
  ['void pointer arithmetic counts bytes', `${T} { int a[2] = {1, 2}; void *p = a; return *(int *)(p + 4); }`, 2],
  [
    'typeof, statement expression',
    `#define max(a, b) ({ typeof(a) x_ = (a); typeof(b) y_ = (b); x_ > y_ ? x_ : y_; })\n${T} { return max(3, max(9, 4)); }`,
    9,
  ],
  [
    'conditional with omitted middle',
    `static int n; static int f(void) { n++; return 5; } ${T} { int a = f() ?: 7; int b = 0 ?: 8; return a * 100 + b * 10 + n; }`,
    581,
  ],
  ['comma operator', `${T} { int a = 1, b; b = (a++, a * 2); return b; }`, 4],
  [
    'assignment chains and compound assignment',
    `${T} { long a, b = 3; a = b += 4; a <<= 2; a |= 1; a ^= 3; a %= 11; return a * 10 + b; }`,
    ((((7 << 2) | 1) ^ 3) % 11) * 10 + 7,
  ],
  ['prefix and postfix steps', `${T} { int i = 5, *p = &i; int a = i++ + ++i; (*p)--; return a * 10 + i; }`, 126],
  [
    'short circuit',
    `static int n; static int f(void) { n++; return 1; } ${T} { int a = 0 && f(), b = 1 || f(), c = 1 && f(); return n * 1000 + a * 100 + b * 10 + c; }`,
    1011,
  ],
  [
    'switch with ranges, fall-through and default',
    `static __attribute__((noinline)) int f(int x) { switch (x) { case 1: case 2: return 10; case 3 ... 6: x += 100; default: return x; case -5: return 7; } } ${T} { return f(2) * 1000000 + f(4) * 1000 + f(-5) * 10 + (f(9) == 9); }`,
    10104071,
  ],
  [
    'switch on 64-bit values',
    `${T} { volatile unsigned long long v = 1ULL << 40; switch (v) { case 0: return 1; case 1ULL << 40: return 2; } return 3; }`,
    2,
  ],
  [
    'do, while, for, break, continue',
    `${T} { int s = 0, i = 0; do { i++; if (i == 3) continue; s += i; } while (i < 5); while (1) { if (i-- == 0) break; s += 100; } for (;;) { s += 1000; break; } return s; }`,
    1512,
  ],
  ['goto into a nested block', `${T} { int a = 1; if (a) goto in; if (0) { in: a = 7; } return a; }`, 7],
  [
    'duff-like switch into a loop',
    `${T} { int n = 5, s = 0; switch (n & 3) { case 0: do { s++; case 1: s += 10; } while (--n > 0); } return s; }`,
    5 * 10 + 4,
  ],
  ['old-style definition', `int f(a, b) int a; char b; { return a * 10 + b; } ${T} { return f(3, 4); }`, 34],
  [
    'more than five arguments',
    `static __attribute__((noinline)) int f(int a, int b, int c, int d, int e, int g, long h) { return a + b * 2 + c * 3 + d * 4 + e * 5 + g * 6 + h * 7; } ${T} { return f(1, 2, 3, 4, 5, 6, 7); }`,
    140,
  ],
  ['recursion', `static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } ${T} { return fib(12); }`, 144],
  [
    'static variable in a function keeps its value',
    `static __attribute__((noinline)) int next(void) { static int n = 40; return ++n; } ${T} { next(); return next(); }`,
    42,
  ],
  [
    '_Generic',
    `#define kind(x) _Generic((x), int: 1, long: 2, char *: 3, default: 4)\n${T} { char *s = 0; return kind(1) * 1000 + kind(1L) * 100 + kind(s) * 10 + kind((short)1); }`,
    1234,
  ],
  [
    'sizeof, _Alignof, offsetof, _Static_assert',
    `struct s { char c; long l; }; _Static_assert(sizeof(struct s) == 16, "layout"); ${T} { return sizeof(long) + _Alignof(short) * 10 + __builtin_offsetof(struct s, l) * 100; }`,
    828,
  ],
  [
    'offsetof in its null-pointer form',
    `struct s { char c; long l[3]; }; ${T} { return (unsigned long)&((struct s *)0)->l[2]; }`,
    24,
  ],
  [
    'cleanup attribute',
    `static int n; static void done(int *p) { n = n * 10 + *p; } ${T} { { int a __attribute__((cleanup(done))) = 1, b __attribute__((cleanup(done))) = 2; } for (int i = 3; i < 9; i++) { int c __attribute__((cleanup(done))) = i; if (i == 4) break; } return n; }`,
    2134,
  ],
  [
    'bswap, clz, ctz, popcount, ffs',
    `${T} { volatile unsigned v = 0x00f01000; return __builtin_bswap32(v) * 0ULL + __builtin_clz(v) * 1000 + __builtin_ctz(v) * 10 + __builtin_popcount(v) * 100000 + __builtin_ffs(0) + (__builtin_bswap16(0x1234) == 0x3412); }`,
    508121,
  ],
  [
    'clz and ctz of 64 bits',
    `${T} { volatile unsigned long long v = 1ULL << 40; return __builtin_clzll(v) * 100 + __builtin_ctzll(v); }`,
    2340,
  ],
  [
    'memcpy, memset, memcmp',
    `${T} { char a[20], b[20]; __builtin_memset(a, 7, sizeof a); __builtin_memcpy(b, a, 20); b[19] = 8; return (__builtin_memcmp(a, b, 19) == 0) * 10 + (__builtin_memcmp(a, b, 20) < 0); }`,
    11,
  ],
  ['memmove of overlapping bytes', `${T} { char a[8] = "abcdef"; __builtin_memmove(a + 1, a, 5); return a[5]; }`, 101],
  [
    'overflow built-ins',
    `${T} { int r; unsigned long u; return __builtin_add_overflow(0x7fffffff, 1, &r) * 100 + __builtin_mul_overflow(1UL << 33, 1UL << 31, &u) * 10 + __builtin_sub_overflow(5, 3, &r) + r; }`,
    112,
  ],
  [
    'constant_p, choose_expr, expect, types_compatible',
    `${T} { int v = 3; return __builtin_choose_expr(__builtin_constant_p(4), 10, v) + __builtin_expect(v, 3) + __builtin_types_compatible_p(int, const int); }`,
    14,
  ],
  [
    'difference of wrapped unsigned numbers',
    `${T} { unsigned long long a = 5, b = ~0ULL - 4; return (long long)(a - b) > 0; }`,
    1,
  ],
  ['division by zero is eBPF’s', `${T} { volatile unsigned long long z = 0, v = 9; return v / z * 100 + v % z; }`, 9],
  [
    '64-bit unsigned multiply, divide and modulo',
    `${T} { volatile unsigned long long a = 0x123456789abcdefULL; return a * 3 / 7 % 1000003; }`,
    ((0x123456789abcdefn * 3n) / 7n) % 1000003n,
  ],
  [
    'large constants',
    `${T} { return 0x123456789abcdef0ULL ^ 0xffffffff00000000ULL; }`,
    0x123456789abcdef0n ^ 0xffffffff00000000n,
  ],
  [
    'volatile members are read each time',
    `struct s { volatile int v; }; static struct s s = {3}; ${T} { int a = s.v; s.v = a + 1; return s.v * 10 + a; }`,
    43,
  ],
  [
    'a local static array is read through a loop',
    `${T} { static const unsigned char t[4] = {1, 2, 4, 8}; unsigned s = 0; for (volatile int i = 0; i < 4; i++) s = s * 10 + t[i]; return s; }`,
    1248,
  ],
  [
    'flexible array member with an initialiser',
    `struct f { int n; char d[]; }; static struct f f = {3, "xy"}; ${T} { return f.d[1] * 10 + sizeof f; }`,
    1214,
  ],
  [
    'nested functions calls in arguments',
    `static __attribute__((noinline)) long f(long a, long b, long c, long d, long e) { return a + 2 * b + 3 * c + 4 * d + 5 * e; } ${T} { return f(f(1, 2, 3, 4, 5), f(5, 4, 3, 2, 1), 3, 4, f(1, 1, 1, 1, 1)); }`,
    55 + 70 + 9 + 16 + 75,
  ],
  [
    'more live values than registers',
    `${T} { volatile long v[12]; for (int i = 0; i < 12; i++) v[i] = i + 1; long a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7], i = v[8], j = v[9], k = v[10], l = v[11]; return ((a ^ b) + (c ^ d) + (e ^ f) + (g ^ h) + (i ^ j) + (k ^ l)) * 1000 + a + b + c + d + e + f + g + h + i + j + k + l; }`,
    (3 + 7 + 3 + 15 + 3 + 7) * 1000 + 78,
  ],
  [
    '#pragma pack',
    `#pragma pack(push, 1)\nstruct p { char a; int b; };\n#pragma pack(2)\nstruct r { char a; long b; };\n#pragma pack(pop)\nstruct q { char a; int b; };\n${T} { return sizeof(struct p) * 1000 + sizeof(struct r) * 10 + sizeof(struct q); }`,
    5108,
  ],
  [
    'mode attribute',
    `typedef int wide __attribute__((mode(DI))); typedef unsigned byte __attribute__((mode(__QI__))); ${T} { byte b = 300; return sizeof(wide) * 100 + b; }`,
    844,
  ],
  [
    'overflow built-ins of one type',
    `${T} { int r; unsigned long u; unsigned n; return __builtin_sadd_overflow(0x7fffffff, 1, &r) + 2 * __builtin_umull_overflow(1ul << 33, 1ul << 33, &u) + 4 * __builtin_uadd_overflow(1, 2, &n) + n * 10; }`,
    33,
  ],
  [
    '__has_include, __has_attribute, __has_builtin',
    `#if __has_include(<vmlinux.h>) && !__has_include("nothing.h")\n#define V 1\n#endif\n#ifdef __has_attribute\n#if __has_attribute(always_inline) && !__has_attribute(nonsense)\n#define A 2\n#endif\n#endif\n#if defined(__has_builtin) && __has_builtin(__builtin_memcpy) && !__has_builtin(__builtin_nonsense)\n#define B 4\n#endif\n${T} { return V + A + B; }`,
    7,
  ],
  [
    '__VA_OPT__',
    `#define G(a, ...) g(a __VA_OPT__(,) __VA_ARGS__)\n#define H(...) (0 __VA_OPT__(+ 5))\nstatic int g(int a, int b) { return a + b; }\n${T} { return G(3, 4) * 100 + H() * 10 + H(1); }`,
    705,
  ],
  ['#include_next', `#include_next <stdint.h>\n${T} { uint8_t x = 300; return x; }`, 44],
  ['names in other alphabets', `static int größe = 4; ${T} { int été = 3; return größe * 10 + été; }`, 43],
  ['digraphs', `%:define N 3\nunsigned long long test(void) <% int a<:N:> = <% 1, 2 %>; return a<:1:>; %>`, 2],
  ['a backslash-newline inside a word', `#define LO\\\nNG 7\n${T} { ret\\\nurn LO\\\nNG; }`, 7],
  [
    'constant expressions of odd kinds',
    `enum { A = sizeof(int[3]) / sizeof(int), B = (1 ? 2 : 0) << 1, C = (char)300, D = -1 > 0u, E = !!5, F = (int)(long)&((struct { int x, y; } *)0)->y }; int arr[B]; ${T} { return A + B * 10 + C * 100 + D * 1000 + E * 10000 + F * 100000; }`,
    3 + 40 + 4400 + 1000 + 10000 + 400000,
  ],
  [
    '_Generic inside _Generic',
    `#define k(x) _Generic((x), const char *: 1, char *: 2, default: _Generic((x), int: 3, default: 4))\n${T} { return k("a") * 100 + k(1) * 10 + k(1u); }`,
    234,
  ],
  [
    'ranges and members in one designator list',
    `struct s { int a[4]; struct { int x, y; } p[3]; } v = { .a[1 ... 2] = 5, .p[1].y = 7, .p[2] = { .x = 3 } }; ${T} { return v.a[2] * 100 + v.p[1].y * 10 + v.p[2].x; }`,
    573,
  ],
  ['local labels', `${T} { int n = 0; ({ __label__ l; l: n++; if (n < 3) goto l; }); return n; }`, 3],
  ['goto out of a statement expression', `${T} { int i = 0; again: i++; int v = ({ if (i < 3) goto again; i; }); return v; }`, 3],
  [
    'a member of type enum in a bit-field',
    `struct b { signed a : 4; _Bool f : 1; enum { X, Y } e : 2; } v; ${T} { v.a = 7; v.a++; v.f = 4; v.e = Y; return (v.a == -8) * 100 + v.f * 10 + v.e; }`,
    111,
  ],
  ['empty struct', `struct e {}; ${T} { struct e x; (void)x; return sizeof(struct e) + 1; }`, 1],
  ['#line, __LINE__ and __FILE__', `#line 100 "foo.c"\n${T} { return __LINE__ + sizeof(__FILE__); }`, 106],
  [
    'BTF tags on members, parameters and types',
    `#define tag(x) __attribute__((btf_decl_tag(x)))\nstruct s { int __attribute__((btf_type_tag("user"))) *p; int q tag("q"); } tag("s"); static int f(int x tag("arg")) { return x; } ${T} { return f(3); }`,
    3,
  ],
];
