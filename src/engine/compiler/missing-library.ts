// What people reach for that a BPF program has not: functions and headers of the C library, and what to use instead. Data only.

/** A name of the C library, and what a BPF program does instead. */
export const INSTEAD: ReadonlyMap<string, string> = new Map([
  ...['printf', 'fprintf', 'puts', 'printk', 'pr_info', 'pr_err', 'pr_debug'].map(
    (name) => [name, 'a BPF program writes to the trace with bpf_printk("format", up to three values)'] as const,
  ),
  ...['malloc', 'calloc', 'realloc', 'kmalloc', 'kzalloc', 'free', 'kfree', 'alloca'].map(
    (name) =>
      [
        name,
        'a BPF program has no heap: keep objects in the values of a map, or in bpf_obj_new where the profile has it',
      ] as const,
  ),
  ...['strcpy', 'strncpy', 'strcat', 'strncat', 'sprintf', 'snprintf', 'strdup', 'strstr', 'strchr', 'strtok'].map(
    (name) =>
      [name, 'there is no C library: copy a known number of bytes with __builtin_memcpy, or loop with a constant bound'] as const,
  ),
  ...['strncmp', 'bcmp'].map(
    (name) =>
      [
        name,
        'there is no C library: compare a known number of bytes with __builtin_memcmp, or loop with a constant bound',
      ] as const,
  ),
  ...['rand', 'random', 'srand', 'get_random_u32', 'prandom_u32'].map(
    (name) => [name, 'random numbers come from bpf_get_prandom_u32()'] as const,
  ),
  ...['time', 'gettimeofday', 'clock_gettime', 'ktime_get', 'ktime_get_ns', 'jiffies'].map(
    (name) => [name, 'the time is bpf_ktime_get_ns(), in nanoseconds'] as const,
  ),
  ...['exit', 'abort', 'assert', 'panic', 'BUG', 'BUG_ON'].map(
    (name) => [name, 'a BPF program ends by returning from its entry function; what cannot happen is checked with if'] as const,
  ),
  ...['sleep', 'usleep', 'msleep', 'schedule'].map(
    (name) => [name, 'a BPF program cannot sleep; a packet that must wait stays queued and is dequeued later'] as const,
  ),
  ...['pthread_mutex_lock', 'mutex_lock', 'spin_lock', 'spin_unlock'].map(
    (name) => [name, 'locks are struct bpf_spin_lock in a map value, with bpf_spin_lock() and bpf_spin_unlock()'] as const,
  ),
  ...['skb_queue_tail', '__skb_queue_tail', 'skb_dequeue', '__skb_dequeue', 'qdisc_enqueue_tail', 'kfree_skb', 'qdisc_drop'].map(
    (name) =>
      [
        name,
        'functions of the kernel are called only where the profile offers them: see its header for the queue operations',
      ] as const,
  ),
]);

const LIBRARY_HEADERS: ReadonlySet<string> = new Set(
  (
    'stdio.h stdlib.h string.h strings.h assert.h math.h time.h unistd.h stdarg.h ctype.h limits.h float.h pthread.h signal.h ' +
    'setjmp.h locale.h wchar.h inttypes.h fcntl.h sys/types.h sys/socket.h arpa/inet.h netinet/in.h linux/kernel.h linux/module.h ' +
    'linux/skbuff.h linux/slab.h linux/string.h linux/list.h linux/rbtree.h net/sch_generic.h net/pkt_sched.h'
  ).split(' '),
);

/** Why a header of the C library or of the kernel's inside is not there; null for other names. */
export function whyNoHeader(path: string): string | null {
  if (!LIBRARY_HEADERS.has(path)) return null;
  return /^(linux|net)\//.test(path)
    ? 'headers of the kernel’s inside are not for BPF programs: <vmlinux.h> has its types'
    : 'a BPF program has no C library; <bpf/bpf_helpers.h> declares what it can call, <stdint.h> and <stdbool.h> are there';
}
