// Reasons a lab program can give when it drops a packet: the names of the kernel's enum qdisc_drop_reason that its traces show. The
// number a program passes is the index. Data only.

export const QDISC_DROP_REASONS = ['QDISC_GENERIC', 'QDISC_OVERLIMIT', 'QDISC_CONGESTED'] as const;
