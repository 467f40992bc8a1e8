// One checked function to intermediate code: parameters, body, the end of the body. Variables live in frame slots; mem2reg
// moves them to values. Knows nothing of optimisation.

import { alignOf, INT, sizeOf } from '../abi/ctype.ts';
import { computePredecessors, type IrFunction } from './ir.ts';
import { REGISTER_ARGUMENTS } from './lower-calls.ts';
import { convert } from './lower-expressions.ts';
import { addressOfLocal } from './lower-memory.ts';
import { accessSize, Lowering, widthOf } from './lower-state.ts';
import { lowerStatement, scopesOfLabels } from './lower-statements.ts';
import { debugValue } from './optimise/debug-values.ts';
import { dropUnreachable } from './optimise/simplify-blocks.ts';
import type { Reporter } from './report.ts';
import type { FunctionBody, FunctionSymbol } from './tree.ts';
import { isRecord, isVoid } from './types.ts';

/** Intermediate code of a function with a body. `isTracked`: variables are followed for the debugger. */
export function lowerFunction(symbol: FunctionSymbol, body: FunctionBody, reporter: Reporter, isTracked = true): IrFunction {
  const l = new Lowering(symbol, reporter);
  const { builder } = l;
  builder.fn.isTracked = isTracked;
  builder.place = symbol.place;
  l.labelScopes = scopesOfLabels(body.statement);
  lowerParameters(l, symbol, body);
  lowerStatement(l, body.statement);
  const { returns } = symbol.type;
  builder.place = body.statement.close;
  const needsValue = !isVoid(returns) && !isRecord(returns);
  builder.block.end = {
    kind: 'return',
    value: needsValue ? builder.fn.undef(builder.fn.resultWidth ?? 64) : null,
    place: builder.place,
  };
  const last = builder.block;
  // Blocks keep the order of the source: loops have their test behind the body.
  dropUnreachable(builder.fn);
  if (needsValue && builder.fn.blocks.includes(last) && symbol.name !== 'main')
    reporter.report('missing-return', body.statement.close, [symbol.name]);
  computePredecessors(builder.fn);
  return builder.fn;
}

function lowerParameters(l: Lowering, symbol: FunctionSymbol, body: FunctionBody): void {
  const { builder } = l;
  const { isTracked } = builder.fn;
  const { returns } = symbol.type;
  const hidden = isRecord(returns) ? 1 : 0;
  const total = body.params.length + hidden;
  const inMemory = total > REGISTER_ARGUMENTS;
  const registers = inMemory ? REGISTER_ARGUMENTS - 1 : total;
  if (hidden === 1) {
    const base = builder.fn.addParam(64);
    l.resultAddress = { base, offset: 0, align: sizeOf(returns) >= 8 ? Math.max(8, alignOf(returns)) : alignOf(returns) };
  }
  const direct = body.params.slice(0, registers - hidden).map((variable) => ({
    variable,
    value: builder.fn.addParam(isRecord(variable.type) ? 64 : widthOf(variable.type)),
  }));
  if (inMemory) {
    l.reporter.report('many-arguments', symbol.place, [symbol.name]);
    const rest = builder.fn.addParam(64);
    body.params.slice(registers - hidden).forEach((variable, i) => {
      const value = builder.load({ base: rest, offset: i * 8, align: 8 }, 8, false, false);
      direct.push({ variable, value: isRecord(variable.type) ? value : builder.resize(value, widthOf(variable.type), false) });
    });
  }
  for (const { variable, value } of direct) {
    if (isRecord(variable.type)) {
      const size = sizeOf(variable.type);
      l.variables.set(variable, { base: value, offset: 0, align: size >= 8 ? Math.max(8, variable.align) : variable.align });
      if (isTracked) builder.add(debugValue({ instance: { variable, site: null }, offset: 0, size }, value, builder.place, true));
      continue;
    }
    // Callers through other declarations may pass wider values than a narrow parameter has.
    const narrow = sizeOf(variable.type) < 4 ? convert(l, value, INT, variable.type) : value;
    builder.store(addressOfLocal(l, variable), narrow, accessSize(variable.type), false);
  }
}
