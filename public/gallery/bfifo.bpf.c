// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * bfifo, as Linux has it: first in, first out, at most `limit` bytes. A packet
 * fits or is dropped; a small one may still fit where a large one did not.
 */
#include <qdisc/lab.h>

#define SLOTS 65536

/* Bytes (tc: limit; the kernel's default is txqueuelen full-sized packets). */
const volatile __u32 limit = 1514000;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 tail;

SEC("qdisc/enqueue")
int bfifo_enqueue(struct sch_bpf_ctx *ctx)
{
	/* What a parent holds after a peek counts too: the qdisc knows, the program does not. */
	if (bpf_class_backlog(ctx->classid) + ctx->skb->wire_len > limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int bfifo_dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop_min(&queue);
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
