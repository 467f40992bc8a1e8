// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * prio, as Linux has it: up to 16 bands, the first that has a packet sends.
 * A packet's priority names its band, in full (1:2 is band 1) or by the map of
 * priorities; filters on the qdisc decide before the map does. Every band is a
 * class: hang any qdisc under it, or let it be the plain queue it is.
 */
#include <qdisc/lab.h>
#include <linux/pkt_cls.h>
#include <linux/errno.h>

#define MAX_BANDS 16

/* Bands (tc: bands); the band of each priority, four bits each (tc: priomap). */
const volatile __u32 bands = 3;
const volatile __u32 priomap_low = 0x00212221;
const volatile __u32 priomap_high = 0x11111111;
/* Packets that a band without a child holds (the device's txqueuelen). */
const volatile __u32 limit = 1000;

/* Bands without a child: the band above, a running number below. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 head[MAX_BANDS], tail[MAX_BANDS];

static __always_inline __u64 key_of(__u32 band, __u64 number)
{
	return (__u64)band << 56 | number;
}

static __always_inline __u32 band_of_priority(__u32 priority)
{
	__u32 half = priority & 8 ? priomap_high : priomap_low;

	return half >> (priority & 7) * 4 & 15;
}

SEC("qdisc/enqueue")
int prio_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 handle = ctx->classid, priority = ctx->skb->priority, class = priority, band;

	if (TC_H_MAJ(priority) != handle) {
		__u32 found = 0;
		long verdict = bpf_tc_filter(ctx->skb, handle, &found, sizeof(found));

		if (verdict == TC_ACT_STOLEN || verdict == TC_ACT_QUEUED || verdict == TC_ACT_TRAP)
			return SCH_BPF_STOLEN;
		if (verdict == TC_ACT_SHOT)
			return SCH_BPF_BYPASS;
		if (verdict < 0)
			class = band_of_priority(TC_H_MAJ(priority) ? 0 : priority & TC_PRIO_MAX) + 1;
		else
			class = found;
	}
	band = TC_H_MIN(class) - 1;
	if (band >= bands)
		band = band_of_priority(0);
	band &= MAX_BANDS - 1;
	ctx->classid = handle | (band + 1);
	if (bpf_class_qlen(handle | (band + 1)) >= 0)
		return SCH_BPF_PASS;
	if (tail[band] - head[band] >= limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, key_of(band, tail[band])))
		return SCH_BPF_DROP;
	tail[band]++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int prio_dequeue(struct sch_bpf_ctx *ctx)
{
	__u32 handle = ctx->classid, band;

	for (band = 0; band < MAX_BANDS; band++) {
		struct __sk_buff *skb;

		if (band >= bands)
			break;
		if (head[band] != tail[band]) {
			skb = bpf_skb_map_pop(&queue, key_of(band, head[band]));
			if (skb) {
				head[band]++;
				ctx->classid = handle | (band + 1);
			}
		} else {
			skb = bpf_class_dequeue(handle | (band + 1));
		}
		if (skb) {
			ctx->skb = skb;
			break;
		}
	}
	return SCH_BPF_DEQUEUED;
}

/* What would go next, left where it is: a better band may still come in between. */
SEC("qdisc/peek")
int prio_peek(struct sch_bpf_ctx *ctx)
{
	__u32 handle = ctx->classid, band;

	for (band = 0; band < MAX_BANDS; band++) {
		struct __sk_buff *skb;
		__u64 key = key_of(band, head[band]);

		if (band >= bands)
			break;
		if (head[band] != tail[band])
			skb = bpf_map_lookup_elem(&queue, &key);
		else
			skb = bpf_class_peek(handle | (band + 1));
		if (skb) {
			ctx->skb = skb;
			break;
		}
	}
	return 0;
}

/*
 * A band has got a child, or there are fewer bands: what waits in a plain
 * queue that is no more goes, a packet a turn.
 */
SEC("qdisc/change")
int prio_change(struct sch_bpf_ctx *ctx)
{
	__u32 handle = TC_H_MAJ(ctx->classid), changed = TC_H_MIN(ctx->classid), band;

	for (band = 0; band < MAX_BANDS; band++) {
		struct __sk_buff *skb;

		if (head[band] == tail[band])
			continue;
		if (band < bands && !(changed == band + 1 && bpf_class_qlen(handle | changed) >= 0))
			continue;
		skb = bpf_skb_map_pop(&queue, key_of(band, head[band]));
		if (!skb)
			continue;
		head[band]++;
		bpf_skb_drop(skb, QDISC_DROP_GENERIC);
		return 1;
	}
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
