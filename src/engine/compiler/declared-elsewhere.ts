// For a name that is not declared: the bundled header that would declare it. Knows headers as text only.

import type { SourceFile } from '../base/source.ts';

/** Headers in the order they are proposed. */
const FIRST = ['bpf/bpf_helpers.h', 'bpf/bpf_endian.h', 'bpf_qdisc_common.h', 'bpf_experimental.h'];

/** Path of a header among `headers` that has `name` in a declaration or a #define, and is not among `read`; null when none has. */
export function headerThatDeclares(name: string, headers: readonly SourceFile[], read: ReadonlySet<SourceFile>): string | null {
  if (!/^[A-Za-z_]\w{2,80}$/.test(name)) return null;
  const rank = ({ path }: SourceFile): number => (FIRST.includes(path) ? FIRST.indexOf(path) : FIRST.length);
  const word = new RegExp(`(?:#define\\s+|^[^/*\\n]*[\\s*])${name}(?=\\s*[(,;=)]|\\s+[^\\s.]|$)`, 'm');
  const found = headers.filter((file) => !read.has(file) && file.text.includes(name) && word.test(file.text));
  return found.toSorted((a, b) => rank(a) - rank(b))[0]?.path ?? null;
}
