// How the command line speaks: plain text for people, one JSON object a line with --json, messages on standard error, and the
// three exit statuses. Knows nothing of what is said.

/** Exit statuses (spec: the command line). */
export const STATUS = { FINE: 0, NO: 1, WRONG_USE: 2 } as const;

/** Wrong use or unreadable input: one line that says what was expected, then status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const replacer = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, replacer)}\n`);
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const warn = (text: string): void => void process.stderr.write(`${text}\n`);
