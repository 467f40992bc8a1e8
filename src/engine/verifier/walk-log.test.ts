// The kernel's log: small ones word for word, and the last lines of recorded ones (../shared/data/verifier, Linux 6.18; cases whose
// message 7.2 words alike).

import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BytecodeCase, judgeCase } from './bytecode-case.ts';
import { testProgram } from './test-programs.ts';
import { verify } from './verify.ts';

const logOf = (text: string, logLevel: 1 | 2): string =>
  verify(testProgram(text), { profile: 'v4', logLevel }).report.log.join('\n');

describe('log', () => {
  const INDEX = `
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map 1 ll
    call 1
    if r0 == 0 goto out
    r1 = r0
    call 7
    if r0 > 50 goto out
    r1 = *(u64 *)(r0 + 0)
    out: r0 = 2
    exit`;

  it('of level 1 ends with the path that was refused', () => {
    expect(logOf(INDEX, 1)).toMatchInlineSnapshot(`
      "0: R1=ctx() R10=fp0
      0: (62) *(u32 *)(r10 -4) = 1          ; R10=fp0 fp-8=mmmm????
      1: (bf) r2 = r10                      ; R2=fp0 R10=fp0
      2: (07) r2 += -4                      ; R2=fp-4
      3: (18) r1 = 0x0                      ; R1=map_ptr(map=table,ks=4,vs=48)
      5: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=table,ks=4,vs=48)
      6: (15) if r0 == 0x0 goto pc+4        ; R0=map_value(map=table,ks=4,vs=48)
      7: (bf) r1 = r0                       ; R0=map_value(map=table,ks=4,vs=48) R1=map_value(map=table,ks=4,vs=48)
      8: (85) call bpf_get_prandom_u32#7    ; R0=scalar()
      9: (25) if r0 > 0x32 goto pc+1        ; R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=50,var_off=(0x0; 0x3f))
      10: (79) r1 = *(u64 *)(r0 +0)
      R0 invalid mem access 'scalar'
      processed 10 insns (limit 1000000) max_states_per_insn 1 total_states 1 peak_states 1 mark_read 0"
    `);
  });
  it('of level 1 is one line for a program that is accepted', () => {
    expect(logOf('r0 = 2\nexit', 1)).toMatchInlineSnapshot(
      `"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0"`,
    );
  });
  it('of level 2 has every path', () => {
    expect(logOf('call 7\nif r0 == 3 goto out\nr0 = 1\nexit\nout: r0 = 2\nexit', 2)).toMatchInlineSnapshot(`
      "func#0 @0
      0: R1=ctx() R10=fp0
      0: (85) call bpf_get_prandom_u32#7    ; R0=scalar()
      1: (15) if r0 == 0x3 goto pc+2        ; R0=scalar()
      2: (b7) r0 = 1                        ; R0=1
      3: (95) exit

      from 1 to 4: R0=3 R10=fp0
      4: R0=3 R10=fp0
      4: (b7) r0 = 2                        ; R0=2
      5: (95) exit
      processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0"
    `);
  });
  it('of level 2 shows calls', () => {
    expect(logOf('r1 = 5\ncall part\nexit\npart: r0 = r1\nr0 += 1\nexit', 2)).toMatchInlineSnapshot(`
      "func#0 @0
      func#1 @3
      0: R1=ctx() R10=fp0
      0: (b7) r1 = 5                        ; R1=5
      1: (85) call pc+1
      caller:
       R10=fp0
      callee:
       frame1: R1=5 R10=fp0
      3: frame1: R1=5 R10=fp0
      3: (bf) r0 = r1                       ; frame1: R0=5 R1=5
      4: (07) r0 += 1                       ; frame1: R0=6
      5: (95) exit
      returning from callee:
       frame1: R0=6 R1=5 R10=fp0
      to caller at 2:
       R0=6 R10=fp0

      from 5 to 2: R0=6 R10=fp0
      2: R0=6
      2: (95) exit
      processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0"
    `);
  });
});

interface Recorded extends BytecodeCase {
  readonly expect: string;
  readonly msg: string | null;
  readonly processed: number;
  readonly log_tail?: readonly string[];
  readonly linux_7_2_13?: { readonly msg: string | null };
}

const FOLDER = '../shared/data/verifier';
const present = existsSync(FOLDER);
if (!present) console.warn('skipped: recorded logs, because ../shared/data/verifier is absent');

/** Addresses and identities are the kernel's own. */
const comparable = (line: string): string =>
  line
    .replace(/(\(18\) r\d+ = 0x)\w+ */, '$1 ')
    .replace(/map=m\w*/g, 'map=m')
    .replace(/\bid=\d+/g, 'id=N')
    .replace(/refs=[\d,]+/, 'refs=N');

describe.skipIf(!present)('recorded logs', () => {
  it.each([
    ['selftest', 0.9],
    ['generated', 0.85],
    ['mutant', 0.87],
  ] as const)('%s: at least %f of their last lines', (file, floor) => {
    let lines = 0;
    let same = 0;
    for (const text of gunzipSync(readFileSync(`${FOLDER}/${file}.jsonl.gz`))
      .toString()
      .split('\n')) {
      if (text === '') continue;
      const given: Recorded = JSON.parse(text);
      if (given.expect !== 'reject' || given.processed > 10_000 || given.msg !== given.linux_7_2_13?.msg) continue;
      const theirs = (given.log_tail ?? []).filter((line) => line !== '').map(comparable);
      const report = judgeCase(given, undefined, 1);
      if (theirs.length < 2 || report === null) continue;
      const ours = report.log.slice(0, -1).map(comparable).slice(-theirs.length);
      lines += theirs.length;
      same += theirs.filter((line, i) => line === ours[i]).length;
    }
    expect(lines).toBeGreaterThan(100);
    expect(same / lines).toBeGreaterThan(floor);
  });
});
