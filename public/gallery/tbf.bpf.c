// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Token bucket. Tokens are nanoseconds of sending at the configured rate: they
 * fill with time up to the burst, and a packet takes what its length costs.
 * A popped packet cannot be read in v4, so its length is kept in an array
 * beside the tree, under the same number.
 */
#include <qdisc/v4.h>

#define SLOTS 256
#define NSEC_PER_SEC 1000000000ULL

/* Bytes a second, and bytes that may go at once (knobs). */
const volatile __u64 rate = 500000;
const volatile __u64 burst = 6000;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} lengths SEC(".maps");

static __u64 head, tail;
static __u64 tokens, filled_at;
static __u32 started;

static __always_inline __u64 cost(__u64 bytes)
{
	return rate ? bytes * NSEC_PER_SEC / rate : 0;
}

SEC("qdisc/enqueue")
int tbf_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 slot = tail % SLOTS;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	if (!length || tail - head >= SLOTS)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	*length = ctx->skb->len;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int tbf_dequeue(struct sch_bpf_ctx *ctx)
{
	__u64 now = bpf_ktime_get_ns(), full = cost(burst), needed;
	__u32 slot = head % SLOTS;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	if (!length || head == tail)
		return SCH_BPF_OK;
	if (!started) {
		started = 1;
		tokens = full;
		filled_at = now;
	}
	tokens += now - filled_at;
	filled_at = now;
	if (tokens > full)
		tokens = full;
	needed = cost(*length);
	if (needed > full)
		needed = full;
	if (tokens < needed) {
		ctx->delay = needed - tokens;
		return SCH_BPF_THROTTLE;
	}
	tokens -= needed;
	ctx->skb = bpf_skb_map_pop(&queue, head);
	head++;
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
