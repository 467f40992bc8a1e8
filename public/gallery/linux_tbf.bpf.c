// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tbf, as Linux has it: a token bucket counted in nanoseconds of sending time.
 * `burst` bytes may go at once, then the packets follow at `rate`; a second,
 * small bucket limits how fast they follow each other to `peakrate`. A packet
 * larger than the bucket is cut into its segments if they fit. What waits is a
 * plain queue of `limit` bytes, or any qdisc that hangs under class 1.
 */
#include <qdisc/lab.h>
#include <linux/pkt_cls.h>

#define SLOTS 65536
/* Most segments of one packet. */
#define SEGMENTS 1024
/* Ethernet, IPv4 and TCP headers without options. */
#define HEADERS 54

/* Bytes queued (tc: limit, or latency). */
const volatile __u32 limit = 15000;
/* Bytes a second; bytes of the bucket (tc: rate, burst). */
const volatile __u64 rate = 500000;
const volatile __u32 burst = 10240;
/* The same of the second bucket; 0 is none (tc: peakrate, mtu). */
const volatile __u64 peakrate = 0;
const volatile __u32 peakburst = 2000;
/* What a packet takes on the wire: bytes more, at least so many, in ATM cells (tc: overhead, mpu, linklayer). */
const volatile __u32 overhead = 0;
const volatile __u32 mpu = 0;
const volatile __u32 atm = 0;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
} queue SEC(".maps");

/* Lengths by number: the first one decides before it is popped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} lengths SEC(".maps");

/* Segments of one packet, on their way to the queue. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, SEGMENTS);
	__type(key, __u64);
} segments SEC(".maps");

/* Nanoseconds a byte as a fraction: multiplier / 2^shift. */
struct speed {
	__u64 multiplier;
	__u32 shift;
};

static struct speed normal, peak;
static __u64 head, tail, backlog;
static __u64 filled_at;
static __s64 tokens, peak_tokens, bucket, peak_bucket;
static __u32 ready;

/* The largest multiplier of 32 bits for this rate. */
static __always_inline void set_speed(struct speed *speed, __u64 bytes_a_second)
{
	__u64 factor = 1000000000;
	__u32 i;

	speed->multiplier = 1;
	speed->shift = 0;
	if (!bytes_a_second)
		return;
	for (i = 0; i < 64; i++) {
		speed->multiplier = factor / bytes_a_second;
		if (speed->multiplier & (1U << 31) || factor & (1ULL << 63))
			break;
		factor <<= 1;
		speed->shift++;
	}
}

/* Nanoseconds that `bytes` take at a speed. */
static __always_inline __s64 time_of(struct speed *speed, __u64 bytes)
{
	bytes += overhead;
	if (bytes < mpu)
		bytes = mpu;
	if (atm)
		bytes = (bytes + 47) / 48 * 53;
	return (bytes * speed->multiplier) >> (speed->shift & 63);
}

/* Full buckets, at the start and whenever a knob changes. */
static __always_inline void fill(void)
{
	set_speed(&normal, rate);
	set_speed(&peak, peakrate);
	bucket = time_of(&normal, burst);
	peak_bucket = time_of(&peak, peakburst);
	tokens = bucket;
	peak_tokens = peak_bucket;
	ready = 1;
}

/* Drops a packet of the own queue, which a child has taken the place of; 0 when it is empty. */
static __always_inline int drop_waiting(void)
{
	struct __sk_buff *skb = bpf_skb_map_pop_min(&queue);

	if (!skb)
		return 0;
	backlog -= skb->wire_len;
	head++;
	bpf_skb_drop(skb, QDISC_DROP_GENERIC);
	return 1;
}

SEC("qdisc/change")
int tbf_change(struct sch_bpf_ctx *ctx)
{
	if (!TC_H_MIN(ctx->classid)) {
		fill();
		return 0;
	}
	return bpf_class_qlen(ctx->classid) >= 0 ? drop_waiting() : 0;
}

/* What never fits into a bucket could never leave. */
static __always_inline int fits(__u32 bytes)
{
	return bytes <= burst && !(peakrate && bytes > peakburst);
}

struct cutting {
	__u32 class;
	__u32 queued;
};

/* The next segment: to the child, or to the own queue if it has room. */
static long queue_segment(__u32 index, void *state)
{
	struct cutting *cutting = state;
	struct __sk_buff *skb = bpf_skb_map_pop_min(&segments);
	__u32 slot = tail % SLOTS, bytes;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	if (!skb)
		return 1;
	if (bpf_class_qlen(cutting->class) >= 0) {
		if (bpf_class_enqueue(skb, cutting->class) == 0)
			cutting->queued++;
		return 0;
	}
	bytes = skb->wire_len;
	if (!length || backlog + bytes > limit || bpf_skb_map_push(&queue, skb, tail)) {
		bpf_skb_drop(skb, QDISC_DROP_GENERIC);
		return 0;
	}
	*length = bytes;
	backlog += bytes;
	tail++;
	cutting->queued++;
	return 0;
}

SEC("qdisc/enqueue")
int tbf_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 slot = tail % SLOTS, bytes = ctx->skb->wire_len, class = ctx->classid | 1;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	if (!fits(bytes)) {
		struct cutting cutting = { class, 0 };

		if (!ctx->skb->gso_size || !fits(ctx->skb->gso_size + HEADERS))
			return SCH_BPF_DROP;
		if (bpf_skb_segment(&segments, ctx->skb, 0))
			return SCH_BPF_DROP;
		bpf_loop(SEGMENTS, queue_segment, &cutting, 0);
		return cutting.queued ? SCH_BPF_QUEUED : SCH_BPF_DROP;
	}
	ctx->classid = class;
	if (bpf_class_qlen(class) >= 0)
		return SCH_BPF_PASS;
	if (!length || backlog + bytes > limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	*length = bytes;
	backlog += bytes;
	tail++;
	return SCH_BPF_QUEUED;
}

/* Bytes of the packet that goes next; 0 when nothing waits. */
static __always_inline __u32 next_length(__u32 class)
{
	__u32 slot = head % SLOTS;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);
	struct __sk_buff *skb;

	if (head != tail)
		return length ? *length : 0;
	skb = bpf_class_peek(class);
	return skb ? skb->wire_len : 0;
}

SEC("qdisc/dequeue")
int tbf_dequeue(struct sch_bpf_ctx *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 class = ctx->classid | 1, bytes = next_length(class);
	struct __sk_buff *skb;
	__s64 left, peak_left = 0;

	if (!bytes)
		return SCH_BPF_DEQUEUED;
	if (!ready)
		fill();
	left = now - filled_at;
	if (left > bucket)
		left = bucket;
	if (peakrate) {
		peak_left = left + peak_tokens;
		if (peak_left > peak_bucket)
			peak_left = peak_bucket;
		peak_left -= time_of(&peak, bytes);
	}
	left += tokens;
	if (left > bucket)
		left = bucket;
	left -= time_of(&normal, bytes);
	if (left < 0 || peak_left < 0) {
		ctx->delay = left < peak_left ? -left : -peak_left;
		return SCH_BPF_THROTTLE;
	}
	if (head != tail) {
		skb = bpf_skb_map_pop_min(&queue);
		backlog -= bytes;
		head++;
	} else {
		skb = bpf_class_dequeue(class);
	}
	if (skb) {
		filled_at = now;
		tokens = left;
		peak_tokens = peak_left;
		ctx->skb = skb;
	}
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
