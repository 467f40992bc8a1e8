// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tbf, as Linux has it: a token bucket counted in nanoseconds of sending time.
 * `burst` bytes may go at once, then the packets follow at `rate`; a second,
 * small bucket limits how fast they follow each other to `peakrate`.
 */
#include <qdisc/lab.h>

#define SLOTS 65536

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

SEC("qdisc/change")
int tbf_change(struct sch_bpf_ctx *ctx)
{
	fill();
	return 0;
}

SEC("qdisc/enqueue")
int tbf_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 slot = tail % SLOTS, bytes = ctx->skb->wire_len;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	/* What never fits into the bucket could never leave. */
	if (bytes > burst || (peakrate && bytes > peakburst))
		return SCH_BPF_DROP;
	if (!length || backlog + bytes > limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	*length = bytes;
	backlog += bytes;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int tbf_dequeue(struct sch_bpf_ctx *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 slot = head % SLOTS;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);
	struct __sk_buff *skb;
	__s64 left, peak_left = 0;

	if (!length || head == tail)
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
		peak_left -= time_of(&peak, *length);
	}
	left += tokens;
	if (left > bucket)
		left = bucket;
	left -= time_of(&normal, *length);
	if (left < 0 || peak_left < 0) {
		ctx->delay = left < peak_left ? -left : -peak_left;
		return SCH_BPF_THROTTLE;
	}
	skb = bpf_skb_map_pop_min(&queue);
	if (skb) {
		filled_at = now;
		tokens = left;
		peak_tokens = peak_left;
		backlog -= *length;
		head++;
		ctx->skb = skb;
	}
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
