// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pfifo, as Linux has it: first in, first out, at most `limit` packets; what
 * comes when the queue is full is dropped.
 */
#include <qdisc/lab.h>

/* Packets (tc: limit; the kernel's default is the device's txqueuelen). */
const volatile __u32 limit = 1000;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 tail;

SEC("qdisc/enqueue")
int pfifo_enqueue(struct sch_bpf_ctx *ctx)
{
	/* What a parent holds after a peek counts too: the qdisc knows, the program does not. */
	if (bpf_class_qlen(ctx->classid) >= limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int pfifo_dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop_min(&queue);
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
