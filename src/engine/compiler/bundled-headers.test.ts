// Every bundled header compiles on its own, under every profile; the tables and the headers agree.

import { describe, expect, it } from 'vitest';
import { CALLS } from '../abi/calls.ts';
import { headersOf } from '../abi/headers.ts';
import { ENQUEUE_CONTEXT } from '../abi/layouts.ts';
import { PROFILES } from '../abi/profiles.ts';
import { renderDiagnostic } from '../base/diagnostic.ts';
import { compile } from './compile.ts';

const findings = (text: string, profile: 'v4' | 'v5' | null = null, requireProfile = false): string =>
  compile({ path: 'h.c', text }, { profile, optimise: 2, cpu: 'v3', requireProfile })
    .diagnostics.map(renderDiagnostic)
    .join('\n');

describe('headers', () => {
  for (const { path } of headersOf(null)) {
    it(`${path} compiles alone and twice`, () => {
      expect(findings(`#include <${path}>\n#include <${path}>\nint f(void) { return 0; }`)).toBe('');
    });
  }

  for (const profile of PROFILES) {
    // struct_ops has no header of its own; struct-ops.test.ts tests what its programs include.
    if (profile.header === null) continue;
    const include = `#include <${profile.header}>\n`;

    it(`${profile.id}: layouts and codes are those of the tables`, () => {
      const asserts = [profile.packet, ENQUEUE_CONTEXT].flatMap((layout) => [
        `_Static_assert(sizeof(${layout.name}) == ${layout.size}, "size of ${layout.name}");`,
        ...layout.fields.map(
          ({ name, offset, size }) =>
            `_Static_assert(offsetof(${layout.name}, ${name}) == ${offset} && sizeof(((${layout.name} *)0)->${name}) == ${size}, "${name}");`,
        ),
      ]);
      const codes = profile.codes.map(({ name, value }) => `_Static_assert(${name} == ${value}, "${name}");`);
      expect(findings([include, ...asserts, ...codes].join('\n'))).toBe('');
    });

    it(`${profile.id}: declares exactly its calls`, () => {
      for (const row of CALLS) {
        const text = findings(`${include}void *p(void) { return (void *)${row.name}; }`);
        const has = row.profiles === null || row.profiles.includes(profile.id);
        expect(text === '').toBe(has);
      }
    });

    it(`${profile.id}: is found by older programs when chosen outside`, () => {
      const source = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_SKBMAP); __uint(max_entries, 4); __type(key, __u64); } q SEC(".maps");
SEC("sch_bpf/enqueue") int e(struct sch_bpf_ctx *ctx) { return bpf_skb_map_push(&q, ctx->skb, 1) ? SCH_BPF_DROP : SCH_BPF_QUEUED; }`;
      const id = profile.id === 'v4' ? 'v4' : 'v5';
      expect(findings(source, id, true)).toBe('');
      expect(findings(source, null, true)).toContain('[no-profile]');
    });
  }

  it("have the kernel's helpers for programs of no profile, whatever they include afterwards", () => {
    const helpers = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n';
    const push = 'long f(void *q, int *v) { return bpf_map_push_elem(q, v, 0) + bpf_map_pop_elem(q, v) + bpf_loop(3, q, v, 0); }';
    expect(findings(`${helpers}${push}`)).toBe('');
    expect(findings(`#include <qdisc/v5.h>\n${helpers}${push}`)).toContain('[undeclared-function]');
    for (const { header } of PROFILES)
      if (header !== null) expect(findings(`${helpers}#include <${header}>\nint f(void) { return 0; }`)).toBe('');
  });

  it('refuses a header that disagrees with the choice outside', () => {
    expect(findings('#include <qdisc/v4.h>\nint f(void) { return 0; }', 'v5', true)).toContain('[profile-mismatch]');
  });
});
