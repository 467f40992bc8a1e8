// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pfifo_fast, as Linux has it: three bands by priority, the first goes first.
 * Every band is a ring of `limit` places. A place that has been read is free
 * again only when a whole batch has been read, or the ring's end is reached:
 * a band may refuse a packet a little before it is full.
 */
#include <qdisc/lab.h>

/* Places in each band (the device's txqueuelen). */
const volatile __u32 limit = 1000;

#define BATCH 16

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

/* Packets put in, taken out, and taken out with their place free again. */
struct band {
	__u64 in, out, freed;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct band);
} bands SEC(".maps");

/* Band by priority, four bits each, priority 0 lowest. */
#define PRIORITY_MAP 0x1111111100212221ULL

SEC("qdisc/enqueue")
int pfifo_fast_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 number = (PRIORITY_MAP >> ((ctx->skb->priority & 15) * 4)) & 3;
	struct band *band = bpf_map_lookup_elem(&bands, &number);

	if (!band || band->in - band->freed >= limit)
		return SCH_BPF_DROP;
	ctx->skb->cb[0] = number;
	if (bpf_skb_map_push(&queue, ctx->skb, (__u64)number << 56 | band->in))
		return SCH_BPF_DROP;
	band->in++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int pfifo_fast_dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = bpf_skb_map_pop_min(&queue);
	struct band *band;
	__u32 number;

	if (!skb)
		return SCH_BPF_DEQUEUED;
	number = skb->cb[0];
	band = bpf_map_lookup_elem(&bands, &number);
	if (band) {
		__u32 batch = limit / 2 < BATCH ? 1 : BATCH;

		band->out++;
		if (band->out - band->freed >= batch || (limit && band->out % limit == 0))
			band->freed = band->out;
	}
	ctx->skb = skb;
	return SCH_BPF_DEQUEUED;
}

/* The first packet of the first band that has one, left where it is. */
SEC("qdisc/peek")
int pfifo_fast_peek(struct sch_bpf_ctx *ctx)
{
	__u32 at;

	for (at = 0; at < 3; at++) {
		__u32 number = at;
		struct band *band = bpf_map_lookup_elem(&bands, &number);

		if (band && band->in != band->out) {
			__u64 first = (__u64)at << 56 | band->out;

			ctx->skb = bpf_map_lookup_elem(&queue, &first);
			break;
		}
	}
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
