// Typed statements to blocks: conditions, loops, switch, jumps, cleanups. Knows nothing of values beyond conditions.

import { sizeOf } from '../abi/ctype.ts';
import type { Block, Inst } from './ir.ts';
import { lowerCondition, lowerEffect, lowerValue } from './lower-expressions.ts';
import { addressOfLocal, initialise, lowerAddress } from './lower-memory.ts';
import type { LabelScope, Lowering } from './lower-state.ts';
import { debugValue } from './optimise/debug-values.ts';
import type { Place } from './token.ts';
import type { CaseLabel, LocalVariable, SwitchCase, TBlock, TExpr, TStatement } from './tree.ts';
import { isRecord, isSigned, isVoid } from './types.ts';

/** A block with its scope; `last` runs inside the scope, before cleanups (the value of a statement expression). */
export function lowerBlock(l: Lowering, block: TBlock, last: () => void = () => {}): void {
  l.scoped(() => {
    l.cleanups.push({ owner: block, variables: [] });
    noteScope(block.body, block.close);
    for (const statement of block.body) lowerStatement(l, statement);
    last();
    l.builder.place = block.close;
    runCleanups(l, l.cleanups.length - 1);
    l.cleanups.pop();
  });
}

/** The last place of a statement. */
function endOf(s: TStatement): Place {
  switch (s.kind) {
    case 'block':
      return s.close;
    case 'if':
      return endOf(s.no ?? s.yes);
    case 'loop':
    case 'switch':
    case 'label':
      return endOf(s.body);
    default:
      return s.place;
  }
}

/** Variables that the statements declare live until `end`. */
function noteScope(statements: readonly TStatement[], end: Place): void {
  for (const statement of statements) {
    let inner = statement;
    while (inner.kind === 'label') inner = inner.body;
    if (inner.kind === 'declare') inner.variable.scopeEnd = end;
  }
}

/** Calls the cleanup functions of all scopes from the innermost down to `depth`. */
function runCleanups(l: Lowering, depth: number): void {
  for (let at = l.cleanups.length - 1; at >= depth; at--) {
    const variables = l.cleanups[at]?.variables ?? [];
    for (let i = variables.length - 1; i >= 0; i--) {
      const variable = variables[i];
      if (variable !== undefined) cleanUp(l, variable);
    }
  }
}

/** A jump leaves every scope that is not around its label, and goes back before declarations behind the label (GNU cleanup). */
function cleanUpForGoto(l: Lowering, label: CaseLabel): void {
  const target = l.labelScopes.get(label);
  if (target === undefined) return;
  for (let at = l.cleanups.length - 1; at >= 0; at--) {
    const scope = l.cleanups[at];
    const stays = target[at]?.owner === scope?.owner ? (target[at]?.cleanups ?? 0) : 0;
    for (const variable of (scope?.variables ?? []).slice(stays).reverse()) cleanUp(l, variable);
  }
}

/** The scopes around every label of a function body. */
export function scopesOfLabels(body: TStatement): Map<CaseLabel, readonly LabelScope[]> {
  const found = new Map<CaseLabel, readonly LabelScope[]>();
  const path: { owner: TStatement; cleanups: number }[] = [];
  const inScope = (owner: TStatement, statements: readonly TStatement[]): void => {
    path.push({ owner, cleanups: 0 });
    for (const statement of statements) visit(statement);
    path.pop();
  };
  const visit = (s: TStatement): void => {
    switch (s.kind) {
      case 'block':
        return inScope(s, s.body);
      case 'loop':
        return inScope(s, [...s.init, s.body]);
      case 'declare': {
        const innermost = path.at(-1);
        if (s.variable.cleanup !== null && innermost !== undefined) innermost.cleanups++;
        return;
      }
      case 'if':
        visit(s.yes);
        if (s.no !== null) visit(s.no);
        return;
      case 'switch':
        return visit(s.body);
      case 'label':
        found.set(
          s.label,
          path.map((scope) => ({ ...scope })),
        );
        return visit(s.body);
      default:
    }
  };
  visit(body);
  return found;
}

function cleanUp(l: Lowering, variable: LocalVariable): void {
  const { builder } = l;
  const symbol = variable.cleanup;
  if (symbol === null) return;
  const address = builder.pointer(addressOfLocal(l, variable));
  const target =
    symbol.ksym || symbol.body === null
      ? ({ kind: 'kfunc', name: symbol.name } as const)
      : ({ kind: 'function', symbol } as const);
  builder.add(builder.fn.make({ op: 'call', target, hasResult: false, scope: [...builder.scope] }, 64, [address], builder.place));
}

export function lowerStatement(l: Lowering, s: TStatement): void {
  const { builder } = l;
  if (s.kind !== 'block') builder.place = s.place;
  switch (s.kind) {
    case 'block':
      return lowerBlock(l, s);
    case 'expression':
      return lowerEffect(l, s.expr);
    case 'declare': {
      const at = addressOfLocal(l, s.variable);
      if (at.base.op === 'slot' && at.base.slot.piece !== undefined)
        builder.add(debugValue(at.base.slot.piece, builder.fn.undef(64), s.place));
      if (s.init !== null) initialise(l, at, s.variable.type, s.init);
      if (s.variable.cleanup !== null) l.cleanups.at(-1)?.variables.push(s.variable);
      return;
    }
    case 'if':
      return lowerIf(l, s);
    case 'loop':
      return lowerLoop(l, s);
    case 'switch':
      return lowerSwitch(l, s);
    case 'label':
      l.fallInto(l.blockOf(s.label));
      return lowerStatement(l, s.body);
    case 'goto':
      cleanUpForGoto(l, s.label);
      builder.jump(l.blockOf(s.label));
      return l.startDead();
    case 'break': {
      const target = l.loops.at(-1);
      if (target === undefined) return;
      runCleanups(l, target.breakDepth);
      builder.jump(target.onBreak);
      return l.startDead();
    }
    case 'continue': {
      const target = l.loops.at(-1);
      if (target?.onContinue == null) return;
      runCleanups(l, target.continueDepth);
      builder.jump(target.onContinue);
      return l.startDead();
    }
    case 'return':
      return lowerReturn(l, s.value);
    case 'empty':
      return;
  }
}

function lowerIf(l: Lowering, s: Extract<TStatement, { kind: 'if' }>): void {
  const { builder } = l;
  const yes = builder.fn.makeBlock('if.then');
  const end = builder.fn.makeBlock('if.end');
  const no = s.no === null ? end : builder.fn.makeBlock('if.else');
  lowerCondition(l, s.condition, yes, no);
  builder.start(yes);
  lowerStatement(l, s.yes);
  builder.jump(end);
  if (s.no !== null) {
    builder.start(no);
    lowerStatement(l, s.no);
    builder.jump(end);
  }
  builder.start(end);
}

/** Loops test at the bottom; entering jumps to the test. */
function lowerLoop(l: Lowering, s: Extract<TStatement, { kind: 'loop' }>): void {
  l.scoped(() => {
    l.cleanups.push({ owner: s, variables: [] });
    noteScope(s.init, endOf(s.body));
    for (const statement of s.init) lowerStatement(l, statement);
    const { builder } = l;
    const body = builder.fn.makeBlock('loop.body');
    const step = builder.fn.makeBlock('loop.step');
    const test = builder.fn.makeBlock('loop.test');
    const end = builder.fn.makeBlock('loop.end');
    builder.place = s.place;
    builder.jump(s.testLast ? body : test);
    if (s.unroll !== null) builder.fn.unroll.set(s.testLast ? body : test, s.unroll);
    const depth = l.cleanups.length;
    l.loops.push({ onBreak: end, onContinue: step, breakDepth: depth, continueDepth: depth });
    builder.start(body);
    lowerStatement(l, s.body);
    l.loops.pop();
    l.fallInto(step);
    if (s.step !== null) lowerEffect(l, s.step);
    l.fallInto(test);
    if (s.condition === null) builder.jump(body);
    else lowerCondition(l, s.condition, body, end);
    builder.start(end);
    runCleanups(l, l.cleanups.length - 1);
    l.cleanups.pop();
  });
}

interface Arm {
  readonly low: bigint;
  readonly high: bigint;
  readonly target: Block;
}

function lowerSwitch(l: Lowering, s: Extract<TStatement, { kind: 'switch' }>): void {
  const { builder } = l;
  const value = lowerValue(l, s.value);
  const end = builder.fn.makeBlock('switch.end');
  const fallback = s.fallback === null ? end : l.blockOf(s.fallback);
  const arms = armsOf(l, s.cases);
  lowerArms(l, value, isSigned(s.value.type), arms, fallback);
  const outer = l.loops.at(-1);
  const depth = l.cleanups.length;
  l.loops.push({
    onBreak: end,
    onContinue: outer?.onContinue ?? null,
    breakDepth: depth,
    continueDepth: outer?.continueDepth ?? 0,
  });
  l.startDead();
  lowerStatement(l, s.body);
  l.loops.pop();
  l.fallInto(end);
}

/** Sorted arms; neighbours that lead to one place are joined. */
function armsOf(l: Lowering, cases: readonly SwitchCase[]): Arm[] {
  const arms = cases.map(({ low, high, label }) => ({ low, high, target: l.blockOf(label) }));
  return arms.sort((a, b) => (a.low < b.low ? -1 : 1));
}

/** Binary search with a few comparisons at the leaves: BPF has no jump tables. */
function lowerArms(l: Lowering, value: Inst, signed: boolean, arms: readonly Arm[], fallback: Block): void {
  const { builder } = l;
  const constant = (x: bigint): Inst => builder.constant(x, value.width);
  if (arms.length <= 4) {
    for (const arm of arms) {
      const next = builder.fn.makeBlock('case.next');
      if (arm.low === arm.high) builder.branch(builder.compare('eq', value, constant(arm.low)), arm.target, next);
      else {
        const distance = builder.binary('sub', value, constant(arm.low));
        builder.branch(builder.compare('ule', distance, constant(arm.high - arm.low)), arm.target, next);
      }
      builder.start(next);
    }
    builder.jump(fallback);
    return;
  }
  const middle = arms.length >> 1;
  const pivot = arms[middle];
  if (pivot === undefined) return;
  const below = builder.fn.makeBlock('case.below');
  const above = builder.fn.makeBlock('case.above');
  builder.branch(builder.compare(signed ? 'slt' : 'ult', value, constant(pivot.low)), below, above);
  builder.start(below);
  lowerArms(l, value, signed, arms.slice(0, middle), fallback);
  builder.start(above);
  lowerArms(l, value, signed, arms.slice(middle), fallback);
}

function lowerReturn(l: Lowering, expr: TExpr | null): void {
  const { builder } = l;
  const { returns } = l.symbol.type;
  let value: Inst | null = null;
  const { place } = builder;
  if (expr !== null && isVoid(returns)) lowerEffect(l, expr);
  else if (expr !== null && isRecord(returns)) {
    const from = lowerAddress(l, expr);
    if (l.resultAddress !== null) builder.copy(l.resultAddress, from, sizeOf(returns));
  } else if (expr !== null) value = lowerValue(l, expr);
  else if (!isVoid(returns) && !isRecord(returns)) value = builder.fn.undef(builder.fn.resultWidth ?? 64);
  builder.place = place;
  runCleanups(l, 0);
  builder.block.end = { kind: 'return', value, place };
  l.startDead();
}
