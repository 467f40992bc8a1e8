// Table of kernel helpers for program types that the kernel has and the qdisc profiles do not: what the verifier must know
// of each (Linux net/core/filter.c and kernel/bpf/helpers.c, struct bpf_func_proto). The playground's own calls are
// calls.ts. Data only.

/** Kinds of kernel program with their own sets of helpers. */
export const KERNEL_PROGRAM_TYPES = [
  'socket_filter',
  'sched_cls',
  'sched_act',
  'xdp',
  'cgroup_skb',
  'sk_skb',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
] as const;
export type KernelProgramType = (typeof KERNEL_PROGRAM_TYPES)[number];

export interface KernelCallRow {
  readonly id: number;
  /** Arguments by rule, in order, separated by blanks; see HelperArg of the verifier. */
  readonly args: string;
  readonly returns: string;
  /** Null: open to every type. */
  readonly types: readonly KernelProgramType[] | null;
  readonly gplOnly?: boolean;
  readonly movesPacket?: boolean;
  readonly readsPacket?: boolean;
  readonly acquires?: boolean;
  readonly releases?: boolean;
}

const TC: readonly KernelProgramType[] = ['sched_cls', 'sched_act'];
const TC_XDP: readonly KernelProgramType[] = [...TC, 'xdp'];
const LWT: readonly KernelProgramType[] = ['lwt_in', 'lwt_out', 'lwt_xmit'];
const SOCKETS: readonly KernelProgramType[] = ['sched_cls', 'sched_act', 'xdp', 'cgroup_skb', 'sk_skb'];
const WRITERS: readonly KernelProgramType[] = ['sched_cls', 'sched_act', 'sk_skb', 'lwt_xmit'];

export const KERNEL_CALLS: readonly KernelCallRow[] = [
  { id: 1, args: 'map map-key', returns: 'map-value-or-null', types: null, readsPacket: true },
  { id: 2, args: 'map map-key map-value anything', returns: 'scalar', types: null, readsPacket: true },
  { id: 3, args: 'map map-key', returns: 'scalar', types: null, readsPacket: true },
  { id: 5, args: '', returns: 'scalar', types: null },
  { id: 6, args: 'memory size', returns: 'scalar', types: null, gplOnly: true },
  { id: 7, args: '', returns: 'scalar', types: null },
  { id: 8, args: '', returns: 'scalar', types: null },
  { id: 9, args: 'context anything memory size anything', returns: 'scalar', types: WRITERS, movesPacket: true },
  {
    id: 10,
    args: 'context anything anything anything anything',
    returns: 'scalar',
    types: [...TC, 'lwt_xmit'],
    movesPacket: true,
  },
  {
    id: 11,
    args: 'context anything anything anything anything',
    returns: 'scalar',
    types: [...TC, 'lwt_xmit'],
    movesPacket: true,
  },
  { id: 12, args: 'context map anything', returns: 'void', types: null, movesPacket: true },
  { id: 13, args: 'context anything anything', returns: 'scalar', types: [...TC, 'lwt_xmit'], movesPacket: true },
  { id: 14, args: '', returns: 'scalar', types: null },
  { id: 15, args: '', returns: 'scalar', types: null },
  { id: 17, args: 'context', returns: 'scalar', types: [...TC, ...LWT] },
  { id: 18, args: 'context anything anything', returns: 'scalar', types: TC, movesPacket: true },
  { id: 19, args: 'context', returns: 'scalar', types: TC, movesPacket: true },
  { id: 23, args: 'anything anything', returns: 'scalar', types: [...TC_XDP, 'lwt_xmit'] },
  { id: 24, args: 'context', returns: 'scalar', types: [...TC, ...LWT] },
  { id: 25, args: 'context map anything memory size-or-zero', returns: 'scalar', types: null, gplOnly: true },
  {
    id: 26,
    args: 'context anything memory-out size',
    returns: 'scalar',
    types: ['socket_filter', 'sched_cls', 'sched_act', 'cgroup_skb', 'sk_skb', ...LWT],
  },
  {
    id: 28,
    args: 'memory-or-null size-or-zero memory-or-null size-or-zero anything',
    returns: 'scalar',
    types: [...TC_XDP, ...LWT],
    readsPacket: true,
  },
  { id: 34, args: 'context', returns: 'scalar', types: [...TC, ...LWT] },
  { id: 38, args: 'context anything anything', returns: 'scalar', types: WRITERS, movesPacket: true },
  { id: 39, args: 'context anything', returns: 'scalar', types: [...TC, 'sk_skb', ...LWT], movesPacket: true },
  { id: 40, args: 'context anything', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 41, args: 'context', returns: 'void', types: [...TC, 'lwt_xmit'] },
  { id: 42, args: '', returns: 'scalar', types: null },
  { id: 43, args: 'context anything anything', returns: 'scalar', types: WRITERS, movesPacket: true },
  { id: 44, args: 'context anything', returns: 'scalar', types: ['xdp'], movesPacket: true },
  { id: 46, args: 'context', returns: 'scalar', types: ['socket_filter', 'sched_cls', 'sched_act', 'cgroup_skb', 'sk_skb'] },
  { id: 47, args: 'context', returns: 'scalar', types: ['socket_filter', 'sched_cls', 'sched_act', 'cgroup_skb', 'sk_skb'] },
  { id: 48, args: 'context anything', returns: 'scalar', types: TC },
  { id: 50, args: 'context anything anything anything', returns: 'scalar', types: [...TC, 'sk_skb'], movesPacket: true },
  { id: 51, args: 'map anything anything', returns: 'scalar', types: ['xdp'] },
  { id: 52, args: 'context map anything anything', returns: 'scalar', types: ['sk_skb'] },
  { id: 54, args: 'context anything', returns: 'scalar', types: ['xdp'], movesPacket: true },
  { id: 65, args: 'context anything', returns: 'scalar', types: ['xdp'], movesPacket: true },
  {
    id: 68,
    args: 'context anything memory-out size anything',
    returns: 'scalar',
    types: ['socket_filter', 'sched_cls', 'sched_act', 'cgroup_skb'],
  },
  { id: 69, args: 'context memory size anything', returns: 'scalar', types: TC_XDP },
  { id: 81, args: 'map anything', returns: 'map-value', types: ['cgroup_skb'] },
  {
    id: 84,
    args: 'context memory size anything anything',
    returns: 'sock-or-null',
    types: SOCKETS,
    acquires: true,
    readsPacket: true,
  },
  {
    id: 85,
    args: 'context memory size anything anything',
    returns: 'sock-or-null',
    types: SOCKETS,
    acquires: true,
    readsPacket: true,
  },
  { id: 86, args: 'socket-btf', returns: 'scalar', types: SOCKETS, releases: true },
  { id: 87, args: 'map map-value anything', returns: 'scalar', types: null, readsPacket: true },
  { id: 88, args: 'map map-value-out', returns: 'scalar', types: null },
  { id: 89, args: 'map map-value-out', returns: 'scalar', types: null },
  { id: 95, args: 'socket', returns: 'sock-or-null', types: [...TC, 'cgroup_skb'] },
  { id: 96, args: 'socket', returns: 'tcp-sock-or-null', types: [...TC, 'cgroup_skb'] },
  { id: 97, args: 'context', returns: 'scalar', types: [...TC, 'cgroup_skb'] },
  { id: 98, args: 'socket', returns: 'sock-or-null', types: [...TC, 'cgroup_skb'] },
  {
    id: 99,
    args: 'context memory size anything anything',
    returns: 'sock-common-or-null',
    types: SOCKETS,
    acquires: true,
    readsPacket: true,
  },
  { id: 105, args: 'memory size anything fixed-out-8', returns: 'scalar', types: null },
  { id: 106, args: 'memory size anything fixed-out-8', returns: 'scalar', types: null },
  { id: 118, args: '', returns: 'scalar', types: null },
  { id: 122, args: 'context', returns: 'scalar', types: null },
  { id: 125, args: '', returns: 'scalar', types: null },
  { id: 130, args: 'map memory size-or-zero anything', returns: 'scalar', types: null },
  { id: 131, args: 'map allocation-size anything', returns: 'ringbuf-memory-or-null', types: null, acquires: true },
  { id: 132, args: 'ringbuf-memory anything', returns: 'void', types: null, releases: true },
  { id: 133, args: 'ringbuf-memory anything', returns: 'void', types: null, releases: true },
  { id: 134, args: 'map anything', returns: 'scalar', types: null },
  { id: 136, args: 'socket-btf', returns: 'btf-or-null', types: null },
  { id: 137, args: 'socket-btf', returns: 'btf-or-null', types: null },
  { id: 138, args: 'socket-btf', returns: 'btf-or-null', types: null },
  { id: 139, args: 'socket-btf', returns: 'btf-or-null', types: null },
  { id: 140, args: 'socket-btf', returns: 'btf-or-null', types: null },
  { id: 160, args: '', returns: 'scalar', types: null },
  { id: 163, args: 'context anything fixed-out-4 anything anything', returns: 'scalar', types: TC_XDP },
  { id: 164, args: 'map callback callback-context anything', returns: 'scalar', types: null },
  { id: 165, args: 'memory-or-null size-or-zero string memory-or-null size-or-zero', returns: 'scalar', types: null },
  { id: 181, args: 'anything callback callback-context anything', returns: 'scalar', types: null },
  { id: 20, args: 'context memory-out size anything', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 21, args: 'context memory size anything', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 29, args: 'context memory-out size', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 30, args: 'context memory size', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 31, args: 'context anything anything', returns: 'scalar', types: TC, movesPacket: true },
  { id: 32, args: 'context anything', returns: 'scalar', types: TC },
  { id: 33, args: 'context map anything', returns: 'scalar', types: [...TC, ...LWT] },
  { id: 35, args: '', returns: 'scalar', types: null, gplOnly: true },
  { id: 79, args: 'context', returns: 'scalar', types: [...TC, 'cgroup_skb'] },
  { id: 83, args: 'context anything', returns: 'scalar', types: [...TC, 'cgroup_skb'] },
  { id: 100, args: 'socket-btf memory size memory size', returns: 'scalar', types: TC_XDP, readsPacket: true },
  { id: 110, args: 'socket-btf memory size memory size', returns: 'scalar', types: TC_XDP, readsPacket: true },
  { id: 113, args: 'memory-out size-or-zero anything', returns: 'scalar', types: null, gplOnly: true },
  { id: 115, args: 'memory-out size-or-zero anything', returns: 'scalar', types: null, gplOnly: true },
  { id: 123, args: 'anything', returns: 'scalar', types: null },
  { id: 124, args: 'context socket-btf anything', returns: 'scalar', types: ['sched_cls', 'sched_act'] },
  { id: 128, args: 'socket', returns: 'scalar', types: ['cgroup_skb'] },
  { id: 135, args: 'context anything', returns: 'scalar', types: [...TC, 'lwt_xmit'] },
  { id: 151, args: 'context', returns: 'scalar', types: TC },
  { id: 152, args: 'anything memory-or-null size-or-zero anything', returns: 'scalar', types: TC },
  { id: 155, args: 'anything anything', returns: 'scalar', types: TC },
  { id: 182, args: 'memory size string', returns: 'scalar', types: null },
  { id: 195, args: 'map map-key anything', returns: 'map-value-or-null', types: null, readsPacket: true },
  { id: 208, args: '', returns: 'scalar', types: null },
];

/** Names of all helpers by id (include/uapi/linux/bpf.h, without the `bpf_`). */
export const KERNEL_CALL_NAMES: readonly string[] = (
  'unspec map_lookup_elem map_update_elem map_delete_elem probe_read ktime_get_ns trace_printk get_prandom_u32 ' +
  'get_smp_processor_id skb_store_bytes l3_csum_replace l4_csum_replace tail_call clone_redirect get_current_pid_tgid ' +
  'get_current_uid_gid get_current_comm get_cgroup_classid skb_vlan_push skb_vlan_pop skb_get_tunnel_key ' +
  'skb_set_tunnel_key perf_event_read redirect get_route_realm perf_event_output skb_load_bytes get_stackid csum_diff ' +
  'skb_get_tunnel_opt skb_set_tunnel_opt skb_change_proto skb_change_type skb_under_cgroup get_hash_recalc ' +
  'get_current_task probe_write_user current_task_under_cgroup skb_change_tail skb_pull_data csum_update ' +
  'set_hash_invalid get_numa_node_id skb_change_head xdp_adjust_head probe_read_str get_socket_cookie get_socket_uid ' +
  'set_hash setsockopt skb_adjust_room redirect_map sk_redirect_map sock_map_update xdp_adjust_meta ' +
  'perf_event_read_value perf_prog_read_value getsockopt override_return sock_ops_cb_flags_set msg_redirect_map ' +
  'msg_apply_bytes msg_cork_bytes msg_pull_data bind xdp_adjust_tail skb_get_xfrm_state get_stack ' +
  'skb_load_bytes_relative fib_lookup sock_hash_update msg_redirect_hash sk_redirect_hash lwt_push_encap ' +
  'lwt_seg6_store_bytes lwt_seg6_adjust_srh lwt_seg6_action rc_repeat rc_keydown skb_cgroup_id get_current_cgroup_id ' +
  'get_local_storage sk_select_reuseport skb_ancestor_cgroup_id sk_lookup_tcp sk_lookup_udp sk_release map_push_elem ' +
  'map_pop_elem map_peek_elem msg_push_data msg_pop_data rc_pointer_rel spin_lock spin_unlock sk_fullsock tcp_sock ' +
  'skb_ecn_set_ce get_listener_sock skc_lookup_tcp tcp_check_syncookie sysctl_get_name sysctl_get_current_value ' +
  'sysctl_get_new_value sysctl_set_new_value strtol strtoul sk_storage_get sk_storage_delete send_signal ' +
  'tcp_gen_syncookie skb_output probe_read_user probe_read_kernel probe_read_user_str probe_read_kernel_str ' +
  'tcp_send_ack send_signal_thread jiffies64 read_branch_records get_ns_current_pid_tgid xdp_output get_netns_cookie ' +
  'get_current_ancestor_cgroup_id sk_assign ktime_get_boot_ns seq_printf seq_write sk_cgroup_id ' +
  'sk_ancestor_cgroup_id ringbuf_output ringbuf_reserve ringbuf_submit ringbuf_discard ringbuf_query csum_level ' +
  'skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock skc_to_udp6_sock get_task_stack ' +
  'load_hdr_opt store_hdr_opt reserve_hdr_opt inode_storage_get inode_storage_delete d_path copy_from_user ' +
  'snprintf_btf seq_printf_btf skb_cgroup_classid redirect_neigh per_cpu_ptr this_cpu_ptr redirect_peer ' +
  'task_storage_get task_storage_delete get_current_task_btf bprm_opts_set ktime_get_coarse_ns ima_inode_hash ' +
  'sock_from_file check_mtu for_each_map_elem snprintf sys_bpf btf_find_by_name_kind sys_close timer_init ' +
  'timer_set_callback timer_start timer_cancel get_func_ip get_attach_cookie task_pt_regs get_branch_snapshot ' +
  'trace_vprintk skc_to_unix_sock kallsyms_lookup_name find_vma loop strncmp'
).split(' ');
