// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * fq_codel, as Linux has it: fair queueing with controlled delay (RFC 8290).
 * Packets are spread over flows by their hash; flows take turns of a quantum
 * of bytes each, new ones first; every flow has its own CoDel. When too much
 * is queued, a batch goes from the head of the fattest flow.
 */
#include <qdisc/lab.h>

/* Packets; bytes of memory (tc: limit, memory_limit). */
const volatile __u32 limit = 10240;
const volatile __u32 memory_limit = 33554432;
/* Number of flows; bytes a turn; most packets dropped at once (tc: flows, quantum, drop_batch). */
const volatile __u32 flows = 1024;
const volatile __u32 quantum = 1514;
const volatile __u32 drop_batch = 64;
/* Microseconds (tc: target, interval, ce_threshold); the last one is off at its largest value. */
const volatile __u32 target = 5000;
const volatile __u32 interval = 100000;
const volatile __u32 ce_threshold = 0xffffffff;
/* 1: mark packets of senders that know ECN instead of dropping them (tc: ecn, noecn). */
const volatile __u32 ecn = 1;
/* Bytes of a full-sized packet: with no more than this queued, nothing is dropped. */
const volatile __u32 mtu = 1514;

#define MAX_FLOWS 65536
/* Most packets CoDel drops in one call, and most that one batch may hold. */
#define MAX_DROPS 256
#define MAX_BATCH 1024
/* More turns than any dequeue needs. */
#define MAX_TURNS (1 << 23)
/* Time is counted in units of 1024 ns, and wraps: compare differences. */
#define TICKS(us) ((__u32)(((__u64)(us) * 1000) >> 10))
#define AFTER(a, b) ((__s32)((a) - (b)) > 0)
/* 1/sqrt(count) is a fraction of 2^16. */
#define FRACTION_BITS 16

/* All flows share one tree: the flow's number above, a sequence number below. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

/* The packet that a turn has chosen, on its way to ctx->skb. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 1);
	__type(key, __u64);
} chosen SEC(".maps");

struct flow {
	__u32 head, tail; /* sequence numbers */
	__u32 bytes;
	__s32 deficit;
	__u32 next; /* in its list: 1 + number, 0 at the end */
	__u32 listed;
	/* CoDel (RFC 8289, section 5). */
	__u32 dropping, count, last_count, inverse_root;
	__u32 first_above, drop_next, delay;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct flow);
} table SEC(".maps");

static __u32 qlen, backlog, memory;
/* Lists of flows: 1 + number of the first and the last, 0 when empty. */
static __u32 new_first, new_last, old_first, old_last;
static __u32 fattest, fattest_bytes;

static __always_inline struct flow *flow_of(__u32 number)
{
	return bpf_map_lookup_elem(&table, &number);
}

static __always_inline void append(__u32 number, __u32 *first, __u32 *last)
{
	struct flow *before = *last ? flow_of(*last - 1) : NULL;

	if (before)
		before->next = number + 1;
	else
		*first = number + 1;
	*last = number + 1;
}

static __always_inline void remove_first(struct flow *flow, __u32 *first, __u32 *last)
{
	*first = flow->next;
	if (!flow->next)
		*last = 0;
	flow->next = 0;
}

static __always_inline struct __sk_buff *take(struct flow *flow, __u32 number)
{
	struct __sk_buff *skb;

	if (flow->head == flow->tail)
		return NULL;
	skb = bpf_skb_map_pop(&queue, (__u64)number << 32 | flow->head);
	if (!skb)
		return NULL;
	flow->head++;
	flow->bytes -= skb->wire_len;
	backlog -= skb->wire_len;
	memory -= skb->truesize;
	qlen--;
	return skb;
}

static long find_fattest(struct bpf_map *map, const __u32 *number, struct flow *flow, void *ctx)
{
	if (*number >= flows)
		return 1;
	if (flow->bytes > fattest_bytes) {
		fattest_bytes = flow->bytes;
		fattest = *number;
	}
	return 0;
}

/* Drops from the head of the fattest flow: half of it, or one batch. */
static __always_inline void drop_from_fattest(void)
{
	struct flow *flow;
	__u32 bytes = 0, i;

	fattest = 0;
	fattest_bytes = 0;
	bpf_for_each_map_elem(&table, find_fattest, NULL, 0);
	flow = flow_of(fattest);
	if (!flow)
		return;
	for (i = 0; i < MAX_BATCH && i < drop_batch; i++) {
		struct __sk_buff *skb;

		if (i && bytes >= fattest_bytes / 2)
			break;
		skb = take(flow, fattest);
		if (!skb)
			break;
		bytes += skb->wire_len;
		flow->count++;
		bpf_skb_drop(skb, QDISC_DROP_OVERLIMIT);
	}
}

SEC("qdisc/enqueue")
int fq_codel_enqueue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = ctx->skb;
	__u32 bytes = skb->wire_len, size = skb->truesize;
	__u32 number = ((__u64)skb->hash * flows) >> 32;
	__u32 minor = skb->priority & 0xffff;
	struct flow *flow;

	/* A sender may name the flow as a class of this qdisc. */
	if ((skb->priority & 0xffff0000) == ctx->classid && minor > 0 && minor <= flows)
		number = minor - 1;
	flow = flow_of(number);
	if (!flow)
		return SCH_BPF_DROP;
	skb->cb[0] = bpf_ktime_get_ns() >> 10;
	if (bpf_skb_map_push(&queue, skb, (__u64)number << 32 | flow->tail))
		return SCH_BPF_DROP;
	flow->tail++;
	flow->bytes += bytes;
	backlog += bytes;
	memory += size;
	qlen++;
	if (!flow->listed) {
		flow->listed = 1;
		flow->deficit = quantum;
		append(number, &new_first, &new_last);
	}
	/* What a parent holds after a peek counts too; the new packet does not yet. */
	if (bpf_class_qlen(ctx->classid) < limit && memory <= memory_limit)
		return SCH_BPF_QUEUED;
	drop_from_fattest();
	return fattest == number ? SCH_BPF_CN : SCH_BPF_QUEUED;
}

/* One step of Newton's method towards 1/sqrt(count). */
static __always_inline void next_inverse_root(struct flow *flow)
{
	__u64 x = (__u64)flow->inverse_root << (32 - FRACTION_BITS);
	__u64 square = (x * x) >> 32;
	__u64 step = ((3ULL << 32) - (__u64)flow->count * square) >> 2;

	flow->inverse_root = (__u16)(((step * x) >> 31) >> FRACTION_BITS);
}

/* When to drop next: interval / sqrt(count) after `from`. */
static __always_inline __u32 control_law(struct flow *flow, __u32 from)
{
	__u64 fraction = (__u64)flow->inverse_root << (32 - FRACTION_BITS);

	return from + (__u32)((TICKS(interval) * fraction) >> 32);
}

/* Has the wait been above the target for a whole interval? */
static __always_inline int stands_too_long(struct flow *flow, struct __sk_buff *skb, __u32 now)
{
	if (!skb) {
		flow->first_above = 0;
		return 0;
	}
	flow->delay = now - skb->cb[0];
	if (AFTER(TICKS(target), flow->delay) || backlog <= mtu) {
		flow->first_above = 0;
		return 0;
	}
	if (flow->first_above == 0) {
		flow->first_above = now + TICKS(interval);
		return 0;
	}
	return AFTER(now, flow->first_above);
}

/* The flow's next packet after CoDel has dropped or marked what it must; NULL when none is left. */
static __always_inline struct __sk_buff *codel(struct flow *flow, __u32 number)
{
	__u32 now = bpf_ktime_get_ns() >> 10;
	struct __sk_buff *skb = take(flow, number);
	int drop, i;

	if (!skb) {
		flow->first_above = 0;
		flow->dropping = 0;
		return NULL;
	}
	drop = stands_too_long(flow, skb, now);
	if (flow->dropping) {
		if (!drop)
			flow->dropping = 0;
		for (i = 0; i < MAX_DROPS; i++) {
			if (!flow->dropping || AFTER(flow->drop_next, now))
				break;
			flow->count++;
			next_inverse_root(flow);
			if (ecn && bpf_skb_ecn_set_ce(skb)) {
				flow->drop_next = control_law(flow, flow->drop_next);
				break;
			}
			bpf_skb_drop(skb, QDISC_DROP_CONGESTED);
			skb = take(flow, number);
			if (!stands_too_long(flow, skb, now))
				flow->dropping = 0;
			else
				flow->drop_next = control_law(flow, flow->drop_next);
			if (!skb)
				return NULL;
		}
	} else if (drop) {
		__u32 since = flow->count - flow->last_count;

		if (!ecn || !bpf_skb_ecn_set_ce(skb)) {
			bpf_skb_drop(skb, QDISC_DROP_CONGESTED);
			skb = take(flow, number);
			stands_too_long(flow, skb, now);
		}
		flow->dropping = 1;
		/* Dropped not long ago: go on at the rate that worked then. */
		if (since > 1 && AFTER(16 * TICKS(interval), now - flow->drop_next)) {
			flow->count = since;
			next_inverse_root(flow);
		} else {
			flow->count = 1;
			flow->inverse_root = (1 << FRACTION_BITS) - 1;
		}
		flow->last_count = flow->count;
		flow->drop_next = control_law(flow, now);
		if (!skb)
			return NULL;
	}
	if (ce_threshold != 0xffffffff && AFTER(flow->delay, TICKS(ce_threshold)))
		bpf_skb_ecn_set_ce(skb);
	return skb;
}

/* One turn of the round: 0 to go on, 1 when a packet is chosen or nothing is left. */
static long turn(__u32 index, void *ctx)
{
	__u32 number = (new_first ? new_first : old_first) - 1;
	int is_new = new_first != 0;
	struct __sk_buff *skb;
	struct flow *flow;

	if (!new_first && !old_first)
		return 1;
	flow = flow_of(number);
	if (!flow)
		return 1;
	skb = flow->deficit > 0 ? codel(flow, number) : NULL;
	if (skb) {
		flow->deficit -= skb->wire_len;
		if (bpf_skb_map_push(&chosen, skb, 0))
			bpf_skb_drop(skb, QDISC_DROP_GENERIC);
		return 1;
	}
	if (is_new)
		remove_first(flow, &new_first, &new_last);
	else
		remove_first(flow, &old_first, &old_last);
	if (flow->deficit <= 0) {
		flow->deficit += quantum;
		append(number, &old_first, &old_last);
	} else if (is_new && old_first) {
		/* An empty new flow waits one round among the old ones, so that it cannot starve them. */
		append(number, &old_first, &old_last);
	} else {
		flow->listed = 0;
	}
	return 0;
}

SEC("qdisc/dequeue")
int fq_codel_dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb;

	bpf_loop(MAX_TURNS, turn, NULL, 0);
	skb = bpf_skb_map_pop_min(&chosen);
	if (skb)
		ctx->skb = skb;
	return SCH_BPF_DEQUEUED;
}

/* New limits: what is too much leaves as if it were sent. Runs until it returns 0. */
SEC("qdisc/change")
int fq_codel_change(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb;

	if (qlen <= limit && memory <= memory_limit)
		return 0;
	bpf_loop(MAX_TURNS, turn, NULL, 0);
	skb = bpf_skb_map_pop_min(&chosen);
	if (!skb)
		return 0;
	bpf_skb_drop(skb, QDISC_DROP_OVERLIMIT);
	return 1;
}

char _license[] SEC("license") = "Dual MIT/GPL";
