// Kernel configuration that programs can read (`extern … __kconfig`), as the simulated kernel has it. libbpf reads the same from
// /proc/config.gz. Data only.

/** Ticks of bpf_jiffies64 a second; equals CONFIG_HZ. */
const JIFFIES_PER_SECOND = 250;
const VERSION_7_2_13 = (7 << 16) | (2 << 8) | 13;

/** Values: y is 1, numbers as they are. Names that are missing here are not set. */
export const KERNEL_SETTINGS: ReadonlyMap<string, bigint> = new Map<string, bigint>([
  ['CONFIG_HZ', BigInt(JIFFIES_PER_SECOND)],
  ['CONFIG_NET_SCH_BPF', 1n],
  ['CONFIG_NET_SCHED', 1n],
  ['CONFIG_BPF_JIT', 1n],
  ['CONFIG_BPF_SYSCALL', 1n],
  ['CONFIG_64BIT', 1n],
  ['CONFIG_X86_64', 1n],
  ['CONFIG_SMP', 1n],
  ['CONFIG_NR_CPUS', 1n],
  ['CONFIG_PAGE_SHIFT', 12n],
  ['LINUX_KERNEL_VERSION', BigInt(VERSION_7_2_13)],
  ['LINUX_HAS_BPF_COOKIE', 1n],
  ['LINUX_HAS_SYSCALL_WRAPPER', 1n],
]);
