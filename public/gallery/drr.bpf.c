// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * drr, as Linux has it: deficit round robin (Shreedhar and Varghese 1995) over
 * classes. The classes that have packets stand in a ring. The first one sends
 * as long as its deficit covers its next packet; then it gets a quantum of
 * bytes more and goes to the end. A packet finds its class by its priority, or
 * by a filter; one that finds none is dropped.
 */
#include <qdisc/lab.h>
#include <linux/pkt_cls.h>
#include <linux/errno.h>

#define MAX_CLASSES 65536
/* More visits than one dequeue needs: a packet is at most 64 kB long, a quantum at least one byte. */
#define MAX_TURNS (1 << 23)

/* Packets that a class without a child holds (the device's txqueuelen); the quantum of classes that name none. */
const volatile __u32 limit = 1000;
const volatile __u32 mtu = 1514;

/* tc class ... drr quantum BYTES, by the class's minor number. */
struct class_options {
	__u32 quantum;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CLASSES);
	__type(key, __u32);
	__type(value, struct class_options);
} class_options SEC(".maps");

/* A class in the ring of those that have packets; 0 is no class, so it can stand for "none". */
struct class {
	__u32 deficit;
	__u16 next, previous;
	__u32 active;
	/* Packets of its own queue: put in, taken out. */
	__u32 tail, head;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CLASSES);
	__type(key, __u32);
	__type(value, struct class);
} classes SEC(".maps");

/* Packets of classes without a child: the class above, a running number below. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 65536);
	__type(key, __u64);
} queue SEC(".maps");

/* The packet that a visit has chosen, on its way to ctx->skb. */
struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 1);
	__type(key, __u64);
} chosen SEC(".maps");

/* Who is first and last in the ring; the class of the packet chosen, where it came from a queue of ours. */
static __u32 first, last;
static __u32 turn_class;

static __always_inline __u64 key_of(__u32 minor, __u32 number)
{
	return (__u64)minor << 32 | number;
}

static __always_inline struct class *class_at(__u32 minor)
{
	return bpf_map_lookup_elem(&classes, &minor);
}

static __always_inline __u32 quantum_of(__u32 minor)
{
	struct class_options *options = bpf_map_lookup_elem(&class_options, &minor);

	return options && options->quantum ? options->quantum : mtu;
}

static __always_inline void leave(struct class *class)
{
	struct class *before = class_at(class->previous), *after = class_at(class->next);

	if (!class->active)
		return;
	class->active = 0;
	if (class->previous && before)
		before->next = class->next;
	else
		first = class->next;
	if (class->next && after)
		after->previous = class->previous;
	else
		last = class->previous;
}

static __always_inline void join(struct class *class, __u32 minor)
{
	struct class *before = class_at(last);

	class->active = 1;
	class->next = 0;
	class->previous = last;
	if (last && before)
		before->next = minor;
	else
		first = minor;
	last = minor;
}

SEC("qdisc/enqueue")
int drr_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 handle = ctx->classid, id = ctx->skb->priority, found = 0, minor;
	struct class *class;
	long length = -ENOENT, told = 0;
	int empty;

	if (TC_H_MAJ(id) == handle)
		length = bpf_class_qlen(id);
	if (length == -ENOENT) {
		long verdict = bpf_tc_filter(ctx->skb, handle, &found, sizeof(found));

		if (verdict == TC_ACT_STOLEN || verdict == TC_ACT_QUEUED || verdict == TC_ACT_TRAP)
			return SCH_BPF_STOLEN;
		if (verdict < 0 || verdict == TC_ACT_SHOT)
			return SCH_BPF_BYPASS;
		id = handle | TC_H_MIN(found);
		length = bpf_class_qlen(id);
		if (length == -ENOENT)
			return SCH_BPF_BYPASS;
	}
	minor = TC_H_MIN(id);
	class = class_at(minor);
	if (!class)
		return SCH_BPF_BYPASS;
	ctx->classid = id;
	if (length < 0) {
		empty = class->head == class->tail;
		if (class->tail - class->head >= limit)
			return SCH_BPF_DROP;
		if (bpf_skb_map_push(&queue, ctx->skb, key_of(minor, class->tail)))
			return SCH_BPF_DROP;
		class->tail++;
	} else {
		empty = length == 0;
		told = bpf_class_enqueue(ctx->skb, id);
	}
	/* A class whose queue ran empty behind our back stands in the ring still: it starts anew. */
	if (empty && told == 0) {
		leave(class);
		join(class, minor);
		class->deficit = quantum_of(minor);
	}
	return told;
}

/* The next packet of a class waits in its child, or in its own queue. */
static __always_inline __u32 next_length(struct class *class, __u32 id)
{
	struct __sk_buff *skb;

	if (class->head != class->tail) {
		__u64 key = key_of(TC_H_MIN(id), class->head);

		skb = bpf_map_lookup_elem(&queue, &key);
	} else {
		skb = bpf_class_peek(id);
	}
	return skb ? skb->wire_len : 0;
}

/* One visit to the first class: 0 to go on with the next, 1 when the round is over. */
static long visit(__u32 turn, void *handle)
{
	__u32 minor = first, id = *(__u32 *)handle | TC_H_MIN(first), length;
	struct class *class = class_at(minor);
	struct __sk_buff *skb;

	if (!minor || !class)
		return 1;
	length = next_length(class, id);
	if (!length) {
		if (bpf_class_qlen(id) <= 0)
			leave(class);
		return 1;
	}
	if (length > class->deficit) {
		class->deficit += quantum_of(minor);
		leave(class);
		join(class, minor);
		return 0;
	}
	class->deficit -= length;
	if (class->head != class->tail) {
		skb = bpf_skb_map_pop(&queue, key_of(minor, class->head));
		class->head++;
		turn_class = id;
	} else {
		skb = bpf_class_dequeue(id);
	}
	if (class->head == class->tail && bpf_class_qlen(id) <= 0)
		leave(class);
	if (skb && bpf_skb_map_push(&chosen, skb, 0))
		bpf_skb_drop(skb, QDISC_DROP_GENERIC);
	return 1;
}

SEC("qdisc/dequeue")
int drr_dequeue(struct sch_bpf_ctx *ctx)
{
	__u32 handle = ctx->classid;

	turn_class = handle;
	bpf_loop(MAX_TURNS, visit, &handle, 0);
	ctx->classid = turn_class;
	ctx->skb = bpf_skb_map_pop_min(&chosen);
	return SCH_BPF_DEQUEUED;
}

/* A class is gone, or has got a child: what waited in its own queue goes, a packet a turn. */
SEC("qdisc/change")
int drr_change(struct sch_bpf_ctx *ctx)
{
	__u32 minor = TC_H_MIN(ctx->classid);
	struct class *class = class_at(minor);
	long length = bpf_class_qlen(ctx->classid);
	struct __sk_buff *skb;

	if (!minor || !class || length == -ENODEV)
		return 0;
	if (class->head != class->tail) {
		skb = bpf_skb_map_pop(&queue, key_of(minor, class->head));
		class->head++;
		if (skb)
			bpf_skb_drop(skb, QDISC_DROP_GENERIC);
		return 1;
	}
	if (length <= 0)
		leave(class);
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
