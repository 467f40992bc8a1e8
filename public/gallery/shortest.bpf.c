// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Shortest packet first. The length stands in the upper half of the key, the
 * number of arrival in the lower half. There is no "pop the smallest": dequeue
 * walks the tree with bpf_for_each_map_elem(), stops at the first element,
 * and pops that very key.
 */
#include <qdisc/v4.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 96);
	__type(key, __u64);
} queue SEC(".maps");

static __u32 arrivals;

static long first_key(struct bpf_map *map, const __u64 *key, struct __sk_buff *skb, void *found)
{
	*(__u64 *)found = *key;
	return 1;
}

SEC("qdisc/enqueue")
int shortest_enqueue(struct sch_bpf_ctx *ctx)
{
	__u64 key = ((__u64)ctx->skb->len << 32) | arrivals;

	if (bpf_skb_map_push(&queue, ctx->skb, key))
		return SCH_BPF_DROP;
	arrivals++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int shortest_dequeue(struct sch_bpf_ctx *ctx)
{
	__u64 key = 0;

	if (bpf_for_each_map_elem(&queue, first_key, &key, 0) < 1)
		return SCH_BPF_OK;
	ctx->skb = bpf_skb_map_pop(&queue, key);
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
