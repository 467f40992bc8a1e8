// The number that a piece of text stands for, when it is a constant expression in the scope of the file: the value of a macro
// where it is used. Knows nothing of functions; names of variables have no value.

import { checkExpression } from '../compiler/check-expressions.ts';
import { integer } from '../compiler/constant.ts';
import { rvalue } from '../compiler/conversions.ts';
import { parseExpression } from '../compiler/parse-expressions.ts';
import { Parser } from '../compiler/parser.ts';
import { Reporter } from '../compiler/report.ts';
import { Checker, Scope } from '../compiler/scope.ts';
import type { Token } from '../compiler/token.ts';
import { isInteger } from '../compiler/types.ts';
import type { SourceAnalysis } from './source-analysis.ts';

/** More tokens than a constant has. */
const LONGEST = 500;

/** Value of replaced tokens as an integer constant expression; null when they are none. */
export function constantValue(analysis: SourceAnalysis, tokens: readonly Token[]): bigint | null {
  const last = tokens.at(-1);
  const file = analysis.scopes[0]?.scope;
  if (last === undefined || file === undefined || tokens.length > LONGEST) return null;
  const reporter = new Reporter();
  const parser = new Parser([...tokens, { ...last, kind: 'end', text: '', expansion: null }], reporter);
  for (const [name, { kind }] of file.names) if (kind === 'typedef') parser.declare(name, true);
  const expr = parseExpression(parser);
  if (!parser.atEnd || reporter.failed) return null;
  const checker = new Checker(reporter, null);
  // A scope of its own: what the check notes down about unknown names is not for the file.
  checker.scope = new Scope(file);
  const checked = rvalue(checker, checkExpression(checker, expr));
  return reporter.failed || !isInteger(checked.type) ? null : integer(checked);
}
