// Compile once, run everywhere: which records our objects carry, that they are clang's for the same C, that they survive the file, and
// what the loader makes of flavours (`struct s___old`), which stand for other versions of a structure.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headersOf } from '../abi/headers.ts';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { disassemble } from '../isa/disassemble.ts';
import { readObject, writeObject } from '../object/elf.ts';
import { linkProgram } from '../object/link.ts';
import type { ProgramObject } from '../object/program-object.ts';
import { compile } from './compile.ts';

const HEAD = `#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
char _license[] SEC("license") = "GPL";
enum colour { RED = 1, GREEN = 7 };
struct in { int a; int arr[4]; };
struct out { long x; union { int u1; struct { int s1; struct in s2; }; }; struct in list[3]; } __attribute__((preserve_access_index));
struct plain { int a; struct in b; };
`;

function build(text: string): ProgramObject {
  const options = { profile: null, optimise: 2, cpu: 'v3', requireProfile: false } as const;
  const { object, diagnostics } = compile({ path: 'one.bpf.c', text: HEAD + text }, options);
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  return object;
}

/** `out 0:1:1 = 8`: type, path, and what the instruction holds, by kind where it is not the offset of a field. */
const records = ({ functions, types }: ProgramObject): string[] =>
  functions.flatMap(({ code, relocations }) =>
    relocations.flatMap((one) => {
      if (one.kind !== 'core') return [];
      const type = types[one.target];
      const tag = type !== undefined && 'tag' in type ? type.tag : null;
      const isAccess = ((code.opcode[one.slot] ?? 0) & 7) < 4 && code.opcode[one.slot] !== 0x18;
      const held = isAccess ? code.off[one.slot] : code.imm[one.slot];
      return [`${one.what === 0 ? '' : `${one.what}: `}${tag} ${one.access} = ${held}`];
    }),
  );

const FIELDS = `SEC("tc") int f(struct out *o, struct plain *p) {
	o->u1 = o->s1 + o->s2.arr[3];
	return __builtin_preserve_access_index(p->b.arr[2]) + p->a + *__builtin_preserve_access_index(&p->b.a);
}
SEC("tc") int g(struct sk_buff *s, struct Qdisc *q) { q->q.qlen--; return s->cb[3]; }
`;
const FACTS = `SEC("tc") int f(struct Qdisc *q) {
	return bpf_core_field_exists(q->q.qlen) + bpf_core_field_size(q->limit) + bpf_core_field_offset(struct out, s2.arr[1])
		+ bpf_core_type_exists(struct Qdisc) + bpf_core_type_size(struct out)
		+ bpf_core_enum_value(enum colour, GREEN) + bpf_core_enum_value_exists(enum colour, RED);
}
`;

describe('records for the loader', () => {
  it('stand for accesses to what is to be preserved, by type and path, and for nothing else', () => {
    expect(records(build(FIELDS))).toEqual([
      'out 0:1:1:0 = 8',
      'out 0:1:1:1 = 12',
      'out 0:1:0 = 8',
      'plain 0:1:1:2 = 16',
      'plain 0:1:0 = 4',
      'Qdisc 0:5:2 = 40',
      'Qdisc 0:5:2 = 40',
      'sk_buff 0:2:3 = 19',
    ]);
    expect(records(build('SEC("tc") int f(struct plain *p) { struct out o = {}; p->a = o.u1; return p->b.a; }'))).toEqual([]);
    const without = HEAD.replace('#include', '#define BPF_NO_PRESERVE_ACCESS_INDEX\n#include');
    const { object } = compile(
      { path: 'one.c', text: `${without}SEC("tc") int g(struct Qdisc *q) { return q->limit; }` },
      { profile: null, optimise: 2, cpu: 'v3', requireProfile: false },
    );
    expect(records(object ?? expect.fail())).toEqual([]);
  });

  it('make an address of their own where a field is not read whole', () => {
    const object = build('SEC("tc") int f(struct sk_buff *s, int i) { return s->cb[i & 15]; }');
    expect(records(object)).toEqual(['sk_buff 0:2 = 16']);
    expect(disassemble(object.functions[0]?.code ?? expect.fail()).join('\n')).toMatch(/r\d = 16/);
  });

  it('stand for facts about fields, types and enumerators', () => {
    expect(records(build(FACTS))).toEqual([
      '2: Qdisc 0:5:2 = 1',
      '1: Qdisc 0:1 = 4',
      'out 0:1:1:1:1:1 = 20',
      '8: Qdisc 0 = 1',
      '9: out 0 = 96',
      '11: colour 1 = 7',
      '10: colour 0 = 1',
    ]);
  });

  it('are in the written file', () => {
    for (const text of [FIELDS, FACTS]) {
      const object = build(text);
      const again = readObject(writeObject(object), 'one');
      expect(again.diagnostics).toEqual([]);
      expect(records(again.object ?? expect.fail())).toEqual(records(object));
    }
  });
});

const hasClang = spawnSync('clang-14', ['--version']).status === 0;
if (!hasClang)
  console.warn('SKIPPED: records for the loader are not compared with those of clang-14, which is not on this machine');

describe.skipIf(!hasClang)('clang', () => {
  it('writes the same records for facts, and the same for fields but for the order', () => {
    const folder = mkdtempSync(join(tmpdir(), 'core-'));
    for (const { path, text } of headersOf(null)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const text of [FIELDS, FACTS]) {
      writeFileSync(join(folder, 'one.c'), HEAD + text);
      const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-w', '-nostdinc', '-I', folder];
      const { status, stderr } = spawnSync('clang-14', [...flags, '-c', join(folder, 'one.c'), '-o', join(folder, 'one.o')]);
      expect([status, String(stderr)]).toEqual([0, '']);
      const { object, diagnostics } = readObject(readFileSync(join(folder, 'one.o')), 'one');
      expect(diagnostics).toEqual([]);
      expect(records(object ?? expect.fail()).sort()).toEqual(records(build(text)).sort());
    }
    rmSync(folder, { recursive: true });
  });
});

describe('flavours', () => {
  const linked = (text: string): string[] => {
    const object = build(text);
    const read = readObject(writeObject(object), 'one').object ?? expect.fail();
    const lines = (one: ProgramObject) => disassemble(linkProgram(one, 0, 'other').code).filter((line) => line !== '');
    expect(lines(read)).toEqual(lines(object));
    return lines(object);
  };
  const PRESERVED = '__attribute__((preserve_access_index))';

  it('are fitted to the kernel, field by field', () => {
    const older = `struct Qdisc___older { int gone; unsigned limit; } ${PRESERVED};`;
    expect(linked(`${older} SEC("tc") int f(struct Qdisc___older *q) { return q->limit; }`)).toEqual([
      expect.stringMatching(/^r0 = \*\(u32 \*\)\(r1 \+ 4\)$/),
      'exit',
    ]);
    const elsewhere = `struct out___new { int pad[10]; struct in s2; } ${PRESERVED};`;
    expect(
      linked(`${elsewhere} SEC("tc") int f(struct out___new *o, struct out *x) { return o->s2.arr[1] + x->u1; }`)[0],
    ).toMatch(/^r\d = 12$/);
  });

  it('say what the kernel does not have, and make reading it fatal', () => {
    const older = `struct Qdisc___older { int gone; } ${PRESERVED}; struct none___x { int a; } ${PRESERVED};`;
    const lines = linked(`${older} SEC("tc") int f(struct Qdisc___older *q) {
	if (bpf_core_field_exists(q->gone)) return q->gone;
	return bpf_core_type_exists(struct none___x) + 2 * bpf_core_type_exists(struct Qdisc___older); }`);
    expect(lines[0]).toMatch(/= 0$/);
    expect(lines.filter((line) => line === 'call 195896080')).toHaveLength(1);
    expect(lines.filter((line) => /r\d = [01]$/.test(line))).toHaveLength(3);
  });
});
