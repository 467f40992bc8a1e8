// One entry of the catalogue of rejections and warnings, and how its templates are filled in. Knows no entry.

export interface Message {
  /** The first line of the kernel's log (7.2); our own words where no kernel has the rule. Braces are filled in. */
  readonly kernel: string;
  /** As the kernel gives it, positive; 0 for warnings. */
  readonly errno: number;
  /** What had to hold. */
  readonly obligation: string;
  /** What is wrong and why the rule exists, for somebody who has never met a verifier. */
  readonly explanation: string;
  /** What to change. */
  readonly fix: string;
}

export type MessageValues = Readonly<Record<string, string | number>>;

export const E2BIG = 7;
export const EACCES = 13;
export const EFAULT = 14;
export const EINVAL = 22;
export const ENOTSUPP = 524;

/** Puts values into the braces of a template; a brace without a value stays. */
export const fillTemplate = (template: string, values: MessageValues): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
