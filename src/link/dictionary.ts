// Dictionary 1 of the link codec: text that programs and scenarios often contain, most frequent last (deflate looks back from
// there). FROZEN: every link ever made with codec D needs exactly these bytes; its digest is tested.

const CODE = `
// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <linux/tcp.h>
#define NSEC_PER_SEC 1000000000ULL
const volatile __u64 rate = 
const volatile __u64 burst = 
const volatile __u32 weight
__uint(type, BPF_MAP_TYPE_HASH);
__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__type(value, __u64);
} lengths SEC(".maps");
static __always_inline __u64 
static __always_inline __u32 
static long first_key(struct bpf_map *map, const __u64 *key, struct __sk_buff *skb, void *found)
{
	*(__u64 *)found = *key;
	return 1;
}
	if (bpf_for_each_map_elem(&queue, first_key, &key, 0) < 1)
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end)
	__u64 now = bpf_ktime_get_ns();
	bpf_get_prandom_u32() % 
	bpf_printk("%llu\\n", 
	bpf_map_update_elem(&, &key, &value, BPF_ANY);
	bpf_map_delete_elem(&queue, &key)
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);
	if (!length)
	for (int i = 0; i < 64; i++) {
	ctx->skb->priority
	ctx->skb->mark
	ctx->skb->tstamp
	ctx->skb->len
		ctx->delay = 
		return SCH_BPF_THROTTLE;
		return SCH_BPF_CONTINUE;
	return SCH_BPF_DEQUEUED;
#include <qdisc/lab.h>
#include <qdisc/v5.h>
#include <qdisc/v4.h>

const volatile __u32 limit = 64;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 1024);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 head, tail;

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	if (tail - head >= limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = bpf_skb_map_pop(&queue, head);

	if (skb) {
		head++;
		ctx->skb = skb;
	}
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
`;

const SCENARIO = `{"version":1,"title":"","watch":"","seed":1,"duration":"2s","programs":{"main":{"gallery":"fifo","quirks":["Q1"],"profile":"v4","set":{"limit":
"devices":[{"name":"eth0","rate":"10mbit","mtu":1500,"txqueuelen":1000,"ring":1}],"tc":["qdisc add dev eth0 root handle 1: bpf obj "],
"flows":[{"name":"flow1","kind":"poisson","rate":"1mbit","size":["590b","1514b"]},{"name":"backup","kind":"burst","count":10,"interval":"50ms","size":"1514b","prio":1,"mark":1,"dscp":46,"tstamp":"2mbit","start":"10ms","stop":"1s"},
{"name":"voice","kind":"constant","rate":"500kbit","size":"214b","prio":0},"events":[{"t":"100ms","link":"eth0 down"},{"t":"200ms","link":"eth0 up"}],
"view":{"t":"18.6ms","speed":1000000,"packet":1,"layout":"learn","panes":["timeline","results","console","problems","inspector"]}}
{"p":"shortest","d":{"seed":[2],"flows":{"0":{"rate":["2mbit"]}}},"c":{"main":"","v":{"t":`;

/** The bytes of dictionary 1. ASCII only. */
export const DICTIONARY_1 = Uint8Array.from(CODE + SCENARIO, (character) => character.charCodeAt(0));
