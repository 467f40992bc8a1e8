// Text of vmlinux.h as the playground has it: the kernel types and functions that BPF qdiscs use, in a layout of our own. A
// program that needs more declares it itself. Field names are the kernel's (include/linux/skbuff.h, include/net/sch_generic.h,
// include/net/sock.h, Linux 7.2); functions come from the table kfuncs.ts. Data only.

import { KFUNCS } from './kfuncs.ts';

const SCALARS = `typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned long size_t;
typedef s64 ktime_t;
typedef _Bool bool;
enum { false = 0, true = 1 };
`;

const FORWARDS = `struct sock;
struct sk_buff;
struct Qdisc;
struct net_device;
struct netlink_ext_ack;
struct bpf_map;
struct module;
struct gnet_dump;
struct Qdisc_class_ops;
struct task_struct;
struct file;
struct path;
struct cgroup;
struct vm_area_struct;
`;

/** Objects that the kernel hands to a program. */
const OBJECTS = `struct sock_common {
	volatile unsigned char skc_state;
	unsigned short skc_family;
	unsigned int skc_hash;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
};
struct sock {
	struct sock_common __sk_common;
	u32 sk_priority;
	u32 sk_mark;
	unsigned long sk_pacing_rate;
	unsigned long sk_max_pacing_rate;
};
struct net_device {
	unsigned int mtu;
	unsigned short hard_header_len;
	int ifindex;
	unsigned int tx_queue_len;
	unsigned int real_num_tx_queues;
	char name[16];
};
struct netdev_queue {
	struct net_device *dev;
};
struct sk_buff {
	ktime_t tstamp;
	struct sock *sk;
	char cb[48];
	unsigned int len;
	unsigned int data_len;
	u32 priority;
	u32 hash;
	u32 mark;
	int skb_iif;
	__be16 protocol;
	u16 queue_mapping;
	u16 tc_index;
	u16 vlan_tci;
	unsigned char *data;
	struct net_device *dev;
};
struct qdisc_skb_cb {
	unsigned int pkt_len;
	u16 pkt_segs;
	u16 tc_classid;
	unsigned char data[20];
	u16 slave_dev_queue_mapping;
	u8 post_ct : 1;
	u8 post_ct_snat : 1;
	u8 post_ct_dnat : 1;
};
struct qdisc_skb_head {
	struct sk_buff *head;
	struct sk_buff *tail;
	__u32 qlen;
};
struct gnet_stats_queue {
	__u32 qlen;
	__u32 backlog;
	__u32 drops;
	__u32 requeues;
	__u32 overlimits;
};
struct Qdisc {
	unsigned int flags;
	u32 limit;
	u32 handle;
	u32 parent;
	struct netdev_queue *dev_queue;
	struct qdisc_skb_head q;
	struct gnet_stats_queue qstats;
};
struct nlattr {
	__u16 nla_len;
	__u16 nla_type;
};
struct bpf_sk_buff_ptr {
	struct sk_buff *skb;
};
struct Qdisc_ops {
	struct Qdisc_ops *next;
	const struct Qdisc_class_ops *cl_ops;
	char id[16];
	int priv_size;
	unsigned int static_flags;
	int (*enqueue)(struct sk_buff *, struct Qdisc *, struct sk_buff **);
	struct sk_buff *(*dequeue)(struct Qdisc *);
	struct sk_buff *(*peek)(struct Qdisc *);
	int (*init)(struct Qdisc *, struct nlattr *, struct netlink_ext_ack *);
	void (*reset)(struct Qdisc *);
	void (*destroy)(struct Qdisc *);
	int (*change)(struct Qdisc *, struct nlattr *, struct netlink_ext_ack *);
	void (*attach)(struct Qdisc *);
	int (*change_tx_queue_len)(struct Qdisc *, unsigned int);
	void (*change_real_num_tx)(struct Qdisc *, unsigned int);
	int (*dump)(struct Qdisc *, struct sk_buff *);
	int (*dump_stats)(struct Qdisc *, struct gnet_dump *);
	void (*ingress_block_set)(struct Qdisc *, u32);
	void (*egress_block_set)(struct Qdisc *, u32);
	u32 (*ingress_block_get)(struct Qdisc *);
	u32 (*egress_block_get)(struct Qdisc *);
	struct module *owner;
};
struct ethhdr {
	unsigned char h_dest[6];
	unsigned char h_source[6];
	__be16 h_proto;
} __attribute__((packed));
`;

/** Opaque types of BPF itself; sizes are the kernel's (include/uapi/linux/bpf.h). */
const BPF_OBJECTS = `struct bpf_spin_lock { __u32 val; };
struct bpf_timer { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_wq { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_head { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_node { __u64 __opaque[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { __u64 __opaque[4]; } __attribute__((aligned(8)));
struct bpf_refcount { __u32 __opaque[1]; } __attribute__((aligned(4)));
struct bpf_dynptr { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct bpf_iter_num { __u64 __opaque[1]; } __attribute__((aligned(8)));
`;

const TCP_STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const;

const ENUMERATORS = `enum {
${TCP_STATES.map((name, i) => `\tTCP_${name} = ${i + 1},\n`).join('')}};
enum {
${TCP_STATES.map((name) => `\tTCPF_${name} = 1 << TCP_${name},\n`).join('')}};
`;

/** Every kernel function of the table; weak, since older kernels lack some. */
const functionsText = KFUNCS.map(
  ({ prototype }) => `extern ${prototype} __attribute__((weak)) __attribute__((section(".ksyms")));\n`,
).join('');

/** `contextText` declares struct __sk_buff, `enumText` enum bpf_map_type and the flags of map helpers. */
export const vmlinuxText = (contextText: string, enumText: string): string => `#pragma once
#define __VMLINUX_H__
#include <linux/types.h>
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif
${SCALARS}${FORWARDS}${contextText}${OBJECTS}${BPF_OBJECTS}${ENUMERATORS}${enumText}${functionsText}#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif
`;
