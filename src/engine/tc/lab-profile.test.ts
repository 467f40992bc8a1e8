// What profile lab adds for popped packets: they can be read and dropped, not kept afterwards; v5 has none of it.

import { describe, expect, it } from 'vitest';
import { prepareObject } from '../build.ts';
import { compile } from '../compiler/compile.ts';

/** Verifies a dequeue program with this body; the codes of what is wrong. */
function verdict(body: string, profile = 'lab'): readonly string[] {
  const text = `#include <qdisc/${profile}.h>
struct { __uint(type, BPF_MAP_TYPE_SKBMAP); __uint(max_entries, 8); __type(key, __u64); } queue SEC(".maps");
SEC("qdisc/enqueue") int in(struct sch_bpf_ctx *ctx) { ${body.startsWith('in:') ? body.slice(3) : ''} return SCH_BPF_DROP; }
SEC("qdisc/dequeue") int out(struct sch_bpf_ctx *ctx) {
  struct __sk_buff *skb = bpf_skb_map_pop(&queue, 0);
  if (!skb) return SCH_BPF_DEQUEUED;
  ${body.startsWith('in:') ? 'ctx->skb = skb;' : body}
  return SCH_BPF_DEQUEUED;
}
char _license[] SEC("license") = "GPL";
`;
  const { object, diagnostics } = compile({ path: 'p.bpf.c', text }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) return diagnostics.map((item) => item.code);
  return prepareObject(object, { profile: null, quirks: [], set: {} })
    .diagnostics.filter((item) => item.severity === 'error')
    .map((item) => item.code);
}

describe('popped packets of profile lab', () => {
  it('can be read, written, marked, dropped and sent', () => {
    expect(verdict('skb->cb[0] = skb->wire_len + skb->truesize; bpf_skb_ecn_set_ce(skb); ctx->skb = skb;')).toEqual([]);
    expect(verdict('if (skb->len > 100) { bpf_skb_drop(skb, QDISC_DROP_CONGESTED); return 0; } ctx->skb = skb;')).toEqual([]);
  });

  it('cannot be used, dropped again or sent once they are dropped', () => {
    expect(verdict('bpf_skb_drop(skb, 0); ctx->delay = skb->len;')).not.toEqual([]);
    expect(verdict('bpf_skb_drop(skb, 0); bpf_skb_drop(skb, 0);')).not.toEqual([]);
    expect(verdict('bpf_skb_drop(skb, 0); ctx->skb = skb;')).not.toEqual([]);
    expect(verdict('ctx->skb = skb; bpf_skb_drop(skb, 0);')).not.toEqual([]);
  });

  it('show no pointers into their bytes, and the stack’s packet is not the program’s to drop', () => {
    expect(verdict('ctx->delay = skb->data_end - skb->data; ctx->skb = skb;')).not.toEqual([]);
    expect(verdict('in:bpf_skb_drop(ctx->skb, 0);')).not.toEqual([]);
  });

  it('are opaque in v5, which has no such calls', () => {
    expect(verdict('ctx->delay = skb->len; ctx->skb = skb;', 'v5')).not.toEqual([]);
    expect(verdict('ctx->skb = skb;', 'v5')).toEqual([]);
    expect(verdict('bpf_skb_ecn_set_ce(skb); ctx->skb = skb;', 'v5')).not.toEqual([]);
  });
});
