// -Wimplicit-fallthrough: a case that execution reaches from the case above without a word. A word is the statement
// `__attribute__((fallthrough));` or a comment that says so, as gcc reads it. Looks at the syntax tree only.

import type { Statement } from './ast.ts';
import type { Place } from './token.ts';

const SAYS_SO = /fall(s|ing|en)?[ \t-]*(thr(ough|u))/i;

/** Where statements fall into a case label below them; `statements` are those of a block. */
export function fallsThrough(statements: readonly Statement[]): Place[] {
  const found: Place[] = [];
  let inCase = false;
  statements.forEach((statement, at) => {
    const before = statements[at - 1];
    const isCase = statement.kind === 'case' || statement.kind === 'default';
    if (isCase && inCase && before !== undefined && goesOn(before) && !isAnnotated(before, statement))
      found.push(statement.place);
    inCase ||= isCase;
  });
  return found;
}

/** Between the two a comment may say that it is meant. */
function isAnnotated(before: Statement, label: Statement): boolean {
  if (before.kind === 'fallthrough' || (before.kind === 'case' && before.body.kind === 'fallthrough')) return true;
  if (before.place.file !== label.place.file) return true;
  return SAYS_SO.test(commentsBefore(label.place));
}

/** Text between the last `;`, `{`, `}` or `:` of code and the label. */
function commentsBefore({ file, start }: Place): string {
  const from = Math.max(0, start - 400);
  const text = file.text.slice(from, start);
  const code = Math.max(text.lastIndexOf(';'), text.lastIndexOf('}'), text.lastIndexOf('{'));
  return text.slice(code + 1);
}

/** False when a statement surely never reaches what stands behind it. */
function goesOn(s: Statement): boolean {
  switch (s.kind) {
    case 'return':
    case 'goto':
    case 'break':
    case 'continue':
      return false;
    case 'block':
      return s.body.every((inner) => goesOn(inner));
    case 'if':
      return s.no === null || goesOn(s.yes) || goesOn(s.no);
    case 'label':
      return goesOn(s.body);
    case 'case':
    case 'default':
      // Labels in a row are one label.
      return s.body.kind === 'empty' ? false : goesOn(s.body);
    case 'for':
    case 'while':
      return s.condition !== null && !(s.condition.kind === 'number' && s.condition.text === '1') ? true : containsBreak(s.body);
    case 'expression':
      return !(s.expr.kind === 'call' && s.expr.callee.kind === 'name' && ENDS.has(s.expr.callee.name));
    default:
      return true;
  }
}

const ENDS: ReadonlySet<string> = new Set(['__builtin_unreachable', '__builtin_trap', 'bpf_throw', 'bpf_tail_call_static']);

/** A break that leaves the loop it stands in. */
function containsBreak(s: Statement): boolean {
  switch (s.kind) {
    case 'break':
      return true;
    case 'block':
      return s.body.some((inner) => containsBreak(inner));
    case 'if':
      return containsBreak(s.yes) || (s.no !== null && containsBreak(s.no));
    case 'label':
    case 'case':
    case 'default':
      return containsBreak(s.body);
    default:
      return false;
  }
}
