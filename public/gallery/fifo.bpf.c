// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * First in, first out. Every packet gets the next number as its key; the
 * dequeue program pops exactly the number that is due. No two packets share a
 * key, so the order is certain even where equal keys would not be.
 */
#include <qdisc/v4.h>

/* Packets the queue takes before it drops (a knob). */
const volatile __u32 limit = 64;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 1024);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 head, tail;

SEC("qdisc/enqueue")
int fifo_enqueue(struct sch_bpf_ctx *ctx)
{
	if (tail - head >= limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int fifo_dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = bpf_skb_map_pop(&queue, head);

	if (skb) {
		head++;
		ctx->skb = skb;
	}
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
