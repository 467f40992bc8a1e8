// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * codel, as Linux has it: controlled delay (RFC 8289). A packet that has
 * waited longer than `target` is tolerated for one `interval`; after that
 * packets are dropped (or marked) at the head, ever faster, by the square root
 * of the number dropped, until the wait falls below the target again.
 */
#include <qdisc/lab.h>

/* Packets (tc: limit). */
const volatile __u32 limit = 1000;
/* Microseconds (tc: target, interval, ce_threshold); the last one is off at its largest value. */
const volatile __u32 target = 5000;
const volatile __u32 interval = 100000;
const volatile __u32 ce_threshold = 0xffffffff;
/* 1: mark packets of senders that know ECN instead of dropping them (tc: ecn, noecn). */
const volatile __u32 ecn = 0;
/* Bytes of a full-sized packet: with no more than this queued, nothing is dropped. */
const volatile __u32 mtu = 1514;

/* Most packets dropped in one call. */
#define MAX_DROPS 256
/* Time is counted in units of 1024 ns, and wraps: compare differences. */
#define TICKS(us) ((__u32)(((__u64)(us) * 1000) >> 10))
#define AFTER(a, b) ((__s32)((a) - (b)) > 0)
/* 1/sqrt(count) is a fraction of 2^16. */
#define FRACTION_BITS 16

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 tail;
static __u32 qlen, backlog;

/* The state of RFC 8289, section 5. */
static __u32 dropping, count, last_count, inverse_root;
static __u32 first_above, drop_next, delay;

SEC("qdisc/enqueue")
int codel_enqueue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = ctx->skb;
	__u32 bytes = skb->wire_len;

	/* What a parent holds after a peek counts too. */
	if (bpf_class_qlen(ctx->classid) >= limit)
		return SCH_BPF_DROP;
	skb->cb[0] = bpf_ktime_get_ns() >> 10;
	if (bpf_skb_map_push(&queue, skb, tail))
		return SCH_BPF_DROP;
	tail++;
	qlen++;
	backlog += bytes;
	return SCH_BPF_QUEUED;
}

/* One step of Newton's method towards 1/sqrt(count). */
static __always_inline void next_inverse_root(void)
{
	__u64 x = (__u64)inverse_root << (32 - FRACTION_BITS);
	__u64 square = (x * x) >> 32;
	__u64 step = ((3ULL << 32) - (__u64)count * square) >> 2;

	inverse_root = (__u16)(((step * x) >> 31) >> FRACTION_BITS);
}

/* When to drop next: interval / sqrt(count) after `from`. */
static __always_inline __u32 control_law(__u32 from)
{
	__u64 fraction = (__u64)inverse_root << (32 - FRACTION_BITS);

	return from + (__u32)((TICKS(interval) * fraction) >> 32);
}

static __always_inline struct __sk_buff *take(void)
{
	struct __sk_buff *skb = bpf_skb_map_pop_min(&queue);

	if (skb) {
		qlen--;
		backlog -= skb->wire_len;
	}
	return skb;
}

/* Has the wait been above the target for a whole interval? */
static __always_inline int stands_too_long(struct __sk_buff *skb, __u32 now)
{
	if (!skb) {
		first_above = 0;
		return 0;
	}
	delay = now - skb->cb[0];
	if (AFTER(TICKS(target), delay) || backlog <= mtu) {
		first_above = 0;
		return 0;
	}
	if (first_above == 0) {
		first_above = now + TICKS(interval);
		return 0;
	}
	return AFTER(now, first_above);
}

SEC("qdisc/dequeue")
int codel_dequeue(struct sch_bpf_ctx *ctx)
{
	__u32 now = bpf_ktime_get_ns() >> 10;
	struct __sk_buff *skb = take();
	int drop, i;

	if (!skb) {
		first_above = 0;
		dropping = 0;
		return SCH_BPF_DEQUEUED;
	}
	drop = stands_too_long(skb, now);
	if (dropping) {
		if (!drop)
			dropping = 0;
		for (i = 0; i < MAX_DROPS; i++) {
			if (!dropping || AFTER(drop_next, now))
				break;
			count++;
			next_inverse_root();
			if (ecn && bpf_skb_ecn_set_ce(skb)) {
				drop_next = control_law(drop_next);
				break;
			}
			bpf_skb_drop(skb, QDISC_DROP_CONGESTED);
			skb = take();
			if (!stands_too_long(skb, now))
				dropping = 0;
			else
				drop_next = control_law(drop_next);
			if (!skb)
				return SCH_BPF_DEQUEUED;
		}
	} else if (drop) {
		__u32 since = count - last_count;

		if (!ecn || !bpf_skb_ecn_set_ce(skb)) {
			bpf_skb_drop(skb, QDISC_DROP_CONGESTED);
			skb = take();
			stands_too_long(skb, now);
		}
		dropping = 1;
		/* Dropped not long ago: go on at the rate that worked then. */
		if (since > 1 && AFTER(16 * TICKS(interval), now - drop_next)) {
			count = since;
			next_inverse_root();
		} else {
			count = 1;
			inverse_root = (1 << FRACTION_BITS) - 1;
		}
		last_count = count;
		drop_next = control_law(now);
		if (!skb)
			return SCH_BPF_DEQUEUED;
	}
	if (ce_threshold != 0xffffffff && AFTER(delay, TICKS(ce_threshold)))
		bpf_skb_ecn_set_ce(skb);
	ctx->skb = skb;
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
