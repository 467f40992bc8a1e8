// Accepting and refusing programs of the qdisc profiles: ownership of packets, context and packet access, maps, loops,
// callbacks. Each refusal has an accepted twin that differs in what the rule is about.

import { describe, expect, it } from 'vitest';
import type { ProgramKind } from '../abi/profile.ts';
import { codeOf } from '../isa/codec.ts';
import { testProgram } from './test-programs.ts';
import { type VerifierReport, verify } from './verify.ts';

const run = (text: string, kind: ProgramKind, asPosted = false): VerifierReport =>
  verify(testProgram(text, kind), { profile: 'v4', asPosted }).report;
const enqueue = (text: string): VerifierReport => run(text, 'qdisc/enqueue');
const dequeue = (text: string): VerifierReport => run(text, 'qdisc/dequeue');
const code = (report: VerifierReport): string | null => report.rejection?.code ?? null;

const PUSH = `
  r6 = r1
  r2 = *(u64 *)(r6 + 0)
  r1 = map 0 ll
  r3 = 0
  call 2001
`;

describe('enqueue', () => {
  it('accepts the fifo: push, queued or drop', () => {
    const report = enqueue(`${PUSH}
      if r0 != 0 goto drop
      r0 = 1
      exit
      drop: r0 = 2
      exit`);
    expect(code(report)).toBe(null);
    expect(report.warnings).toEqual([]);
  });

  it('warns when QUEUED is returned without a push', () => {
    const report = enqueue('r0 = 1\nexit');
    expect(code(report)).toBe(null);
    expect(report.warnings.map((warning) => warning.code)).toEqual(['queued-without-push']);
  });

  it('warns when the result of push is not tested', () => {
    expect(enqueue(`${PUSH} r0 = 1\nexit`).warnings.map((warning) => warning.code)).toEqual(['queued-without-push']);
  });

  it('refuses to push the same packet twice, and accepts the second push where the first failed', () => {
    const again = `
      r2 = *(u64 *)(r6 + 0)
      r1 = map 0 ll
      r3 = 1
      call 2001
      r0 = 1
      exit`;
    expect(code(enqueue(`${PUSH}${again}`))).toBe('packet-pushed-twice');
    expect(code(enqueue(`${PUSH} if r0 == 0 goto out ${again}\nout: r0 = 1\nexit`))).toBe(null);
  });

  it('reads and writes packet fields by the table', () => {
    const access = (line: string): string | null => code(enqueue(`r6 = *(u64 *)(r1 + 0)\n${line}\nr0 = 2\nexit`));
    expect(access('r2 = *(u32 *)(r6 + 0)')).toBe(null);
    expect(access('r2 = *(u8 *)(r6 + 32)')).toBe(null);
    expect(access('*(u32 *)(r6 + 32) = 3')).toBe(null);
    expect(access('*(u32 *)(r6 + 0) = 3')).toBe('packet-field');
    expect(access('r2 = *(u32 *)(r6 + 92)')).toBe('packet-field');
    expect(access('r2 = *(u64 *)(r6 + 0)')).toBe('packet-field');
    expect(access('r6 += 4\nr2 = *(u32 *)(r6 + 0)')).toBe('pointer-math-kind');
  });

  it('lets the program write classid and delay but not skb', () => {
    expect(code(enqueue('*(u32 *)(r1 + 8) = 7\n*(u64 *)(r1 + 16) = 9\nr0 = 2\nexit'))).toBe(null);
    expect(code(enqueue('*(u64 *)(r1 + 0) = 0\nr0 = 2\nexit'))).toBe('context-access');
    expect(code(enqueue('r0 = *(u32 *)(r1 + 12)\nexit'))).toBe('context-access');
  });

  it('wants packet bytes compared with data_end, and then gives exactly those', () => {
    const bytes = (guard: string, at: number): string | null =>
      code(
        enqueue(`r6 = *(u64 *)(r1 + 0)
          r2 = *(u32 *)(r6 + 76)
          r3 = *(u32 *)(r6 + 80)
          r4 = r2
          r4 += 14
          ${guard}
          r0 = *(u8 *)(r2 + ${at})
          out: r0 = 2
          exit`),
      );
    expect(bytes('if r4 > r3 goto out', 13)).toBe(null);
    expect(bytes('if r4 > r3 goto out', 14)).toBe('packet-bounds');
    expect(bytes('if r3 < r4 goto out', 13)).toBe(null);
    expect(bytes('if r4 < r3 goto out', 13)).toBe('packet-bounds');
    expect(bytes('r5 = 0', 0)).toBe('packet-bounds');
  });

  it('refuses a popped packet that is not pushed again', () => {
    const pop = 'r1 = map 0 ll\nr2 = 5\ncall 2002\n';
    expect(code(enqueue(`${pop} r0 = 2\nexit`))).toBe('packet-leaked-enqueue');
    const back = `${pop} if r0 == 0 goto out
      r2 = r0
      r1 = map 0 ll
      r3 = 9
      call 2001
      if r0 != 0 goto out2
      out: r0 = 2
      exit
      out2: r0 = 2
      exit`;
    expect(code(enqueue(back))).toBe('packet-leaked-enqueue');
    const posted = run(`${pop} r0 = 2\nexit`, 'qdisc/enqueue', true);
    expect(code(posted)).toBe(null);
    expect(posted.warnings.map((warning) => warning.code)).toContain('packet-leaked-enqueue');
  });
});

describe('dequeue', () => {
  const POP = 'r6 = r1\nr1 = map 0 ll\nr2 = 0\ncall 2002\n';

  it('accepts a popped packet stored unchecked', () => {
    expect(code(dequeue(`${POP} *(u64 *)(r6 + 0) = r0\nr0 = 0\nexit`))).toBe(null);
  });

  it('refuses a number, and the packet of another map shown by lookup', () => {
    expect(code(dequeue('r2 = 8\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit'))).toBe('packet-slot-type');
    expect(code(dequeue('r2 = 0\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit'))).toBe(null);
    const lookup = `r6 = r1
      *(u64 *)(r10 - 8) = 0
      r2 = r10
      r2 += -8
      r1 = map 0 ll
      call 1
      *(u64 *)(r6 + 0) = r0
      r0 = 0
      exit`;
    expect(code(dequeue(lookup))).toBe('packet-slot-type');
  });

  it('refuses to lose a popped packet, knows that NULL is none', () => {
    expect(code(dequeue(`${POP} r0 = 0\nexit`))).toBe('packet-leaked-dequeue');
    expect(code(dequeue(`${POP} if r0 != 0 goto give\nr0 = 0\nexit\ngive: *(u64 *)(r6 + 0) = r0\nr0 = 0\nexit`))).toBe(null);
    expect(code(dequeue(`${POP} if r0 == 0 goto give\nr0 = 0\nexit\ngive: r0 = 0\nexit`))).toBe('packet-leaked-dequeue');
  });

  it('refuses a second packet over a first, accepts it where the first was NULL', () => {
    const second = 'r1 = map 0 ll\nr2 = 1\ncall 2002\n*(u64 *)(r6 + 0) = r0\nout: r0 = 0\nexit';
    expect(code(dequeue(`${POP} *(u64 *)(r6 + 0) = r0\n${second}`))).toBe('packet-overwritten');
    expect(code(dequeue(`${POP} *(u64 *)(r6 + 0) = r0\nif r0 != 0 goto out\n${second}`))).toBe(null);
    expect(code(dequeue(`${POP} *(u64 *)(r6 + 0) = r0\nr3 = *(u64 *)(r6 + 0)\nif r3 != 0 goto out\n${second}`))).toBe(null);
  });

  it('refuses to push what was given away, and to push without a check', () => {
    const push = 'r2 = r7\nr1 = map 0 ll\nr3 = 1\ncall 2001\n';
    expect(code(dequeue(`${POP} r7 = r0\n${push} r0 = 0\nexit`))).toBe('packet-nullable');
    const given = `${POP} r7 = r0\nif r7 == 0 goto out\n*(u64 *)(r6 + 0) = r7\n${push} out: r0 = 0\nexit`;
    expect(code(dequeue(given))).toBe('packet-gone');
    const pushed = `${POP} r7 = r0\nif r7 == 0 goto out\n${push} if r0 == 0 goto out\n*(u64 *)(r6 + 0) = r7\nout: r0 = 0\nexit`;
    expect(code(dequeue(pushed))).toBe(null);
  });

  it('keeps a popped packet opaque', () => {
    expect(code(dequeue(`${POP} if r0 == 0 goto out\nr3 = *(u32 *)(r0 + 0)\nout: r0 = 0\nexit`))).toBe('opaque-packet');
  });

  it('does not lend the enqueue packet', () => {
    expect(code(dequeue('r2 = *(u64 *)(r1 + 0)\nr3 = *(u32 *)(r2 + 0)\nr0 = 0\nexit'))).toBe('bad-pointer');
  });
});

describe('maps', () => {
  const LOOKUP = 'r6 = r1\n*(u32 *)(r10 - 4) = 9\nr2 = r10\nr2 += -4\nr1 = map 1 ll\ncall 1\n';

  it('wants the result of lookup checked', () => {
    expect(code(enqueue(`${LOOKUP} r1 = *(u64 *)(r0 + 0)\nr0 = 2\nexit`))).toBe('bad-pointer-nullable');
    expect(code(enqueue(`${LOOKUP} if r0 == 0 goto out\nr1 = *(u64 *)(r0 + 40)\nout: r0 = 2\nexit`))).toBe(null);
    expect(code(enqueue(`${LOOKUP} if r0 == 0 goto out\nr1 = *(u64 *)(r0 + 41)\nout: r0 = 2\nexit`))).toBe('map-value-bounds');
  });

  it('follows a bounded index into the value', () => {
    const index = (guard: string): string | null =>
      code(
        enqueue(
          `${LOOKUP} if r0 == 0 goto out\nr7 = r0\ncall 7\n${guard}\nr0 <<= 3\nr7 += r0\nr1 = *(u64 *)(r7 + 0)\nout: r0 = 2\nexit`,
        ),
      );
    expect(index('if r0 > 5 goto out')).toBe(null);
    expect(index('if r0 > 6 goto out')).toBe('map-value-bounds');
    expect(index('r0 &= 3')).toBe(null);
    expect(index('r5 = 0')).toBe('pointer-math-unbounded');
    expect(index('r0 >>= 8')).toBe('unbounded-offset');
  });

  it('wants the key initialised', () => {
    expect(code(enqueue('r2 = r10\nr2 += -4\nr1 = map 1 ll\ncall 1\nr0 = 2\nexit'))).toBe('stack-unwritten-argument');
  });

  it('refuses push on a map of another type in the kernel’s words', () => {
    const report = enqueue('r2 = *(u64 *)(r1 + 0)\nr1 = map 2 ll\nr3 = 0\ncall 2001\nr0 = 2\nexit');
    expect(report.rejection?.kernelMessage).toBe('cannot pass map_type 1 into func bpf_skb_map_push#2001');
  });
});

describe('callbacks', () => {
  const walkMap = (map: number, body: string, context = 'r3 = 0'): string => `
    *(u64 *)(r10 - 8) = 0
    r1 = map ${map} ll
    r2 = func cb ll
    ${context}
    r4 = 0
    call 164
    r0 = 2
    exit
    cb: ${body}`;
  const OWN_STACK = 'r3 = r10\nr3 += -8';

  it('gives the callback key, value and the caller’s stack', () => {
    expect(
      code(enqueue(walkMap(2, 'r0 = *(u64 *)(r2 + 0)\n*(u64 *)(r3 + 8) = r0\n*(u64 *)(r4 + 0) = r0\nr0 = 0\nexit', OWN_STACK))),
    ).toBe(null);
    expect(code(enqueue(walkMap(0, 'r0 = *(u64 *)(r2 + 0)\n*(u64 *)(r4 + 0) = r0\nr0 = 1\nexit', OWN_STACK)))).toBe(null);
    expect(code(enqueue(walkMap(2, '*(u64 *)(r2 + 0) = 1\nr0 = 0\nexit')))).toBe('read-only-memory');
    expect(code(enqueue(walkMap(0, 'r0 = *(u32 *)(r3 + 0)\nexit')))).toBe('opaque-packet');
    expect(code(enqueue(walkMap(2, 'r0 = *(u64 *)(r4 + 8)\nexit', OWN_STACK)))).toBe('stack-outside');
  });

  it('counts in the caller’s stack without end, because turns meet', () => {
    const body = 'r1 = *(u64 *)(r4 + 0)\nr1 += 1\n*(u64 *)(r4 + 0) = r1\nr0 = 0\nexit';
    const report = enqueue(walkMap(0, body, OWN_STACK));
    expect(code(report)).toBe(null);
    expect(report.processed).toBeLessThan(200);
  });

  it('wants 0 or 1', () => {
    expect(code(enqueue(walkMap(0, 'r0 = 2\nexit')))).toBe('callback-result');
    expect(code(enqueue(walkMap(0, 'r0 = *(u64 *)(r2 + 0)\nexit')))).toBe('callback-result');
    expect(code(enqueue(walkMap(0, 'r0 = *(u64 *)(r2 + 0)\nr0 &= 1\nexit')))).toBe(null);
  });

  it('refuses a popped packet left over in a callback', () => {
    expect(code(enqueue(walkMap(0, 'r1 = map 0 ll\nr2 = 0\ncall 2002\nr0 = 0\nexit')))).toBe('leaked-in-callback');
  });

  it('sees that a callback may run twice', () => {
    // The callback changes the index that the caller uses afterwards.
    const body = 'r1 = *(u64 *)(r4 + 0)\nif r1 > 3 goto skip\nr1 += 1\n*(u64 *)(r4 + 0) = r1\nskip: r0 = 0\nexit';
    const use = (limit: number): string => `
      r6 = r10
      r6 += -64
      *(u32 *)(r10 - 64) = 0
      *(u64 *)(r10 - 8) = 0
      r1 = map 0 ll
      r2 = func cb ll
      r3 = r10
      r3 += -8
      r4 = 0
      call 164
      r1 = *(u64 *)(r10 - 8)
      if r1 > ${limit} goto out
      r6 += r1
      r0 = *(u8 *)(r6 + 0)
      out: r0 = 2
      exit
      cb: ${body}`;
    expect(code(enqueue(use(3)))).toBe(null);
    expect(code(enqueue(use(4)))).toBe('stack-unwritten');
  });
});

describe('control flow', () => {
  it('accepts a bounded loop and refuses one without progress', () => {
    expect(code(enqueue('r1 = 0\nagain: r1 += 1\nif r1 < 100 goto again\nr0 = 2\nexit'))).toBe(null);
    expect(code(enqueue('r1 = 0\nagain: r2 = r1\ngoto again2\nagain2: if r1 == 0 goto again\nr0 = 2\nexit'))).toBe(
      'infinite-loop',
    );
    const endless = verify(testProgram('again: call 7\nif r0 != 5 goto again\nr0 = 2\nexit'), {
      profile: 'v4',
      instructionLimit: 20_000,
    });
    expect(code(endless.report)).toBe('infinite-loop');
  });

  it('ends at the instruction limit', () => {
    const program = testProgram('r1 = 0\nagain: r1 += 1\nif r1 < 1000000 goto again\nr0 = 2\nexit');
    const { report } = verify(program, { profile: 'v4', instructionLimit: 50_000 });
    expect(report.rejection?.kernelMessage).toBe('BPF program is too large. Processed 50001 insn');
  });

  it('refuses the shapes that no kernel loads', () => {
    expect(code(enqueue('r0 = 0\nexit\nr0 = 1\nexit'))).toBe('unreachable');
    expect(code(enqueue('r0 = 0'))).toBe('falls-off-the-end');
    const wild = testProgram('r0 = 0\ncall sub\nexit\nsub: exit');
    wild.code.imm[1] = -2147483648;
    expect(code(verify(wild, { profile: 'v4' }).report)).toBe('call-target-outside');
    expect(code(enqueue('r0 = 0\ncall sub\nexit\nsub: call sub\nexit'))).toBe('recursion');
    expect(code(verify({ ...testProgram('r0 = 0\nexit'), code: codeOf([]), subprograms: [] }, { profile: 'v4' }).report)).toBe(
      'falls-off-the-end',
    );
  });

  it('keeps registers apart across calls', () => {
    expect(code(enqueue('r6 = 3\ncall sub\nr0 += r6\nexit\nsub: r0 = 1\nexit'))).toBe(null);
    expect(code(enqueue('r1 = 3\ncall sub\nr0 += r1\nexit\nsub: r0 = 1\nexit'))).toBe('unread-register');
    expect(code(enqueue('call sub\nexit\nsub: r0 = r6\nexit'))).toBe('unread-register');
    expect(code(enqueue('call sub\nexit\nsub: r0 = r10\nexit'))).toBe('stack-returned');
  });

  it('adds up the stack of a call chain', () => {
    const deep = (bytes: number): string =>
      `*(u64 *)(r10 - 256) = 0\ncall sub\nexit\nsub: *(u64 *)(r10 - ${bytes}) = 0\nr0 = 2\nexit`;
    expect(code(enqueue(deep(256)))).toBe(null);
    expect(code(enqueue(deep(264)))).toBe('stack-too-deep');
  });
});

describe('report', () => {
  it('is the same on every run, and never throws on random bytes', () => {
    let seed = 12345;
    const next = (bound: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % bound;
    };
    const opcodes = [0x07, 0x0f, 0xb7, 0xbf, 0x61, 0x79, 0x63, 0x7b, 0x55, 0x15, 0x85, 0x05, 0x95, 0x18, 0xdb, 0x1d, 0x67, 0x77];
    for (let i = 0; i < 600; i++) {
      const insns = Array.from({ length: 2 + next(14) }, () => ({
        opcode: opcodes[next(opcodes.length)] ?? 0,
        dst: next(11),
        src: next(11),
        off: next(8) - 3,
        imm: [0, 1, 2, 7, 164, 2001, 2002, -8][next(8)] ?? 0,
      }));
      insns.push({ opcode: 0x95, dst: 0, src: 0, off: 0, imm: 0 });
      const base = testProgram('r0 = 0\nexit');
      const bytes = codeOf(insns);
      const program = {
        ...base,
        code: bytes,
        subprograms: [{ name: 'main', start: 0, end: bytes.length, linkage: 'static' as const }],
      };
      const options = { profile: 'v4', instructionLimit: 2000, logLevel: 2 } as const;
      const [first, second] = [verify(program, options), verify(program, options)];
      expect(first.report, `seed 12345, program ${i}`).toEqual(second.report);
    }
  });
});

describe('calls', () => {
  it('lets printk leave its values out', () => {
    const print = '*(u32 *)(r10 - 4) = 0\nr1 = r10\nr1 += -4\nr2 = 4\ncall 6\nr0 = 2\nexit';
    expect(code(enqueue(print))).toBe(null);
    expect(code(enqueue(print.replace('r2 = 4', 'r2 = 5')))).toBe('stack-argument-outside');
  });

  it('does not let a packet be read after it may have been dropped', () => {
    const drop = '*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr1 = map 0 ll\ncall 3\n';
    const read = 'r2 = *(u64 *)(r6 + 0)\nr3 = *(u32 *)(r2 + 0)\nr0 = 1\nexit';
    expect(code(enqueue(`${PUSH}${drop}${read}`))).toBe('packet-maybe-freed');
    expect(code(enqueue(`${PUSH}${read}`))).toBe(null);
    expect(code(enqueue(`r6 = r1\n${drop}${read}`))).toBe(null);
  });

  it('knows which calls a program may make', () => {
    expect(enqueue('call 9\nr0 = 2\nexit').rejection?.kernelMessage).toBe('invalid func unknown#9');
    const classifier = verify(testProgram('r2 = 0\nr3 = 0\ncall 2001\nr0 = 0\nexit', 'sched_cls'), { profile: 'v4' });
    expect(code(classifier.report)).toBe('helper-not-allowed');
  });
});
