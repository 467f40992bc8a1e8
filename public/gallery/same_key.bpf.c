// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One key for every packet, under the v5 interface. With equal keys the order
 * rests on the map alone: oldest first, unless quirk Q1 is switched on, which
 * takes the topmost packet of the tree instead, as the posted code did.
 */
#include <qdisc/v5.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 64);
	__type(key, __u64);
} queue SEC(".maps");

SEC("qdisc/enqueue")
int same_key_enqueue(struct sch_bpf_ctx *ctx)
{
	if (bpf_skb_map_push(&queue, ctx->skb, 0))
		return SCH_BPF_DROP;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int same_key_dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
