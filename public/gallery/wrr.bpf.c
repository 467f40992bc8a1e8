// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Weighted round robin, by bytes (deficit round robin, Shreedhar and Varghese
 * 1995) over one skb map a class. Each visit to a class grants it its weight
 * in quanta; it sends as long as the grant covers the packet at its head.
 * Try it: change a weight and watch the shares follow.
 */
#include <qdisc/v4.h>

#define CLASSES 3
#define SLOTS 128
#define QUANTUM 500

/* Shares of the three classes (knobs). */
const volatile __u32 weight0 = 4;
const volatile __u32 weight1 = 2;
const volatile __u32 weight2 = 1;

#define CLASS_QUEUE(name)				\
	struct {					\
		__uint(type, BPF_MAP_TYPE_SKBMAP);	\
		__uint(max_entries, SLOTS);		\
		__type(key, __u64);			\
	} name SEC(".maps")

CLASS_QUEUE(gold);
CLASS_QUEUE(silver);
CLASS_QUEUE(bronze);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLASSES * SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} lengths SEC(".maps");

static __u64 head[CLASSES], tail[CLASSES];
static __u32 deficit[CLASSES];
static __u32 turn;

static __always_inline __u32 *length_of(__u32 class, __u64 number)
{
	__u32 at = class * SLOTS + number % SLOTS;

	return bpf_map_lookup_elem(&lengths, &at);
}

static __always_inline long push(struct __sk_buff *skb, __u32 class, __u64 key)
{
	if (class == 0)
		return bpf_skb_map_push(&gold, skb, key);
	if (class == 1)
		return bpf_skb_map_push(&silver, skb, key);
	return bpf_skb_map_push(&bronze, skb, key);
}

static __always_inline struct __sk_buff *pop(__u32 class, __u64 key)
{
	if (class == 0)
		return bpf_skb_map_pop(&gold, key);
	if (class == 1)
		return bpf_skb_map_pop(&silver, key);
	return bpf_skb_map_pop(&bronze, key);
}

static __always_inline __u32 weight_of(__u32 class)
{
	__u32 weight = class == 0 ? weight0 : class == 1 ? weight1 : weight2;

	return weight ? weight : 1;
}

SEC("qdisc/enqueue")
int wrr_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 class = ctx->skb->priority;
	__u32 *length;

	if (class >= CLASSES)
		class = CLASSES - 1;
	length = length_of(class, tail[class]);
	if (!length || tail[class] - head[class] >= SLOTS)
		return SCH_BPF_DROP;
	if (push(ctx->skb, class, tail[class]))
		return SCH_BPF_DROP;
	*length = ctx->skb->len;
	tail[class]++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int wrr_dequeue(struct sch_bpf_ctx *ctx)
{
	int visit;

	for (visit = 0; visit < 64; visit++) {
		__u32 class = turn;
		__u32 *length;

		if (class >= CLASSES)
			class = 0;
		length = length_of(class, head[class]);
		if (!length)
			break;
		if (head[class] != tail[class] && deficit[class] >= *length) {
			deficit[class] -= *length;
			ctx->skb = pop(class, head[class]);
			head[class]++;
			break;
		}
		if (head[class] == tail[class])
			deficit[class] = 0;
		turn = class + 1 < CLASSES ? class + 1 : 0;
		if (head[turn % CLASSES] != tail[turn % CLASSES])
			deficit[turn % CLASSES] += QUANTUM * weight_of(turn % CLASSES);
	}
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
