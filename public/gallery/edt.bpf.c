// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Earliest departure time. The sender has written into skb->tstamp when a
 * packet may leave; that time is the key, so the leftmost packet of the tree is
 * the next to go. Is it not due yet, THROTTLE says for how long to wait.
 */
#include <qdisc/v4.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 256);
	__type(key, __u64);
} timetable SEC(".maps");

static long first_key(struct bpf_map *map, const __u64 *key, struct __sk_buff *skb, void *found)
{
	*(__u64 *)found = *key;
	return 1;
}

SEC("qdisc/enqueue")
int edt_enqueue(struct sch_bpf_ctx *ctx)
{
	__u64 departure = ctx->skb->tstamp;

	if (departure == 0)
		departure = bpf_ktime_get_ns();
	if (bpf_skb_map_push(&timetable, ctx->skb, departure))
		return SCH_BPF_DROP;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int edt_dequeue(struct sch_bpf_ctx *ctx)
{
	__u64 departure = 0, now = bpf_ktime_get_ns();

	if (bpf_for_each_map_elem(&timetable, first_key, &departure, 0) < 1)
		return SCH_BPF_OK;
	if (departure > now) {
		ctx->delay = departure - now;
		return SCH_BPF_THROTTLE;
	}
	ctx->skb = bpf_skb_map_pop(&timetable, departure);
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
