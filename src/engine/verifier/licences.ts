// Licences under which a program may call functions that the kernel keeps for GPL code (Linux include/linux/license.h).

const GPL: readonly string[] = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL'];

export const licenseIsGpl = (license: string): boolean => GPL.includes(license);
