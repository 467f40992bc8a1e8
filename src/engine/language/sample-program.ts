// For tests: the head of a program that most questions are asked about.

import { marked } from './marked-text.ts';
import { analyse, type SourceAnalysis } from './source-analysis.ts';

/** Declarations that stand before the marked text. */
export const HEAD = `#include <qdisc/v4.h>
/* One flow of packets. */
struct flow {
	__u32 len; /* packets queued */
	__u64 deadline;
	union { __u8 small; __u16 wide; };
	__u32 urgent : 3, late : 1;
};
#define LIMIT 100
#define TURNS (LIMIT << 4)
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 96);
	__type(key, __u64);
} queue SEC(".maps");
enum state { IDLE, BUSY = 5 };
/* Packets seen. */
static __u32 counter;
const volatile __u32 quantum = 1514;
static __u32 add(struct flow *flow, __u32 count)
{
	return flow->len + count;
}
`;

/** Begins an enqueue program with a flow \`f\` and a pointer \`p\` to it; the marked text goes on inside. */
export const INSIDE = `SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	struct flow f = {}, *p = &f;
	`;

/** Reads head and marked text together. */
export function reading(
  source: string,
  head = HEAD,
): { readonly analysis: SourceAnalysis; readonly offsets: readonly number[]; readonly offset: number } {
  const { text, offsets, offset } = marked(head + source);
  return { analysis: analyse({ path: 'sample.bpf.c', text }, { profile: null }), offsets, offset };
}
