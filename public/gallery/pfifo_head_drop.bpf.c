// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pfifo_head_drop, as Linux has it: a full queue makes room by dropping its
 * oldest packet, takes the new one, and tells the sender of congestion.
 */
#include <qdisc/lab.h>

/* Packets (tc: limit). */
const volatile __u32 limit = 1000;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 head, tail;

SEC("qdisc/enqueue")
int head_drop_enqueue(struct sch_bpf_ctx *ctx)
{
	__u64 oldest = head;
	int full = bpf_class_qlen(ctx->classid) >= limit;

	if (limit == 0)
		return SCH_BPF_DROP;
	if (full) {
		bpf_map_delete_elem(&queue, &oldest);
		head++;
	}
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	return full ? SCH_BPF_CN : SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int head_drop_dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = bpf_skb_map_pop_min(&queue);

	if (skb) {
		head++;
		ctx->skb = skb;
	}
	return SCH_BPF_DEQUEUED;
}

/* The oldest packet, left where it is: it may still be dropped for a new one. */
SEC("qdisc/peek")
int head_drop_peek(struct sch_bpf_ctx *ctx)
{
	__u64 oldest = head;

	ctx->skb = bpf_map_lookup_elem(&queue, &oldest);
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
