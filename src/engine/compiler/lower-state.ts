// What the lowering of one function carries around: the builder, where variables live, where labels and loops lead. Also the
// sizes of values: records are handled by address, everything else by value of 32 or 64 bits.

import { type CType, sizeOf } from '../abi/ctype.ts';
import { type Address, IrBuilder } from './build-ir.ts';
import type { AccessSize, Block, Width } from './ir.ts';
import type { Reporter } from './report.ts';
import type { CaseLabel, FunctionSymbol, LocalVariable, TStatement } from './tree.ts';
import { isRecord, isVoid } from './types.ts';

/** A scope that is being lowered: variables whose cleanup runs when it is left. */
export interface CleanupScope {
  /** The statement whose scope it is. */
  readonly owner: TStatement;
  readonly variables: LocalVariable[];
}

/** A scope around a label, and how many of its cleanups are declared before the label. */
export interface LabelScope {
  readonly owner: TStatement;
  readonly cleanups: number;
}

export interface LoopTargets {
  readonly onBreak: Block;
  /** Null inside a switch that is in no loop. */
  readonly onContinue: Block | null;
  /** How many cleanup scopes stay open at the target. */
  readonly breakDepth: number;
  readonly continueDepth: number;
}

export class Lowering {
  readonly builder: IrBuilder;
  readonly reporter: Reporter;
  readonly symbol: FunctionSymbol;
  readonly variables = new Map<LocalVariable, Address>();
  readonly labels = new Map<CaseLabel, Block>();
  /** Scopes around each label, where they hold variables with cleanups. */
  labelScopes: ReadonlyMap<CaseLabel, readonly LabelScope[]> = new Map();
  readonly loops: LoopTargets[] = [];
  readonly cleanups: CleanupScope[] = [];
  /** Where a function that returns a record stores it. */
  resultAddress: Address | null = null;
  private scopes = 0;

  constructor(symbol: FunctionSymbol, reporter: Reporter) {
    this.symbol = symbol;
    this.reporter = reporter;
    const { returns } = symbol.type;
    this.builder = new IrBuilder(symbol, isVoid(returns) || isRecord(returns) ? null : widthOf(returns));
  }

  /** Runs `inner` in a new scope of frame slots. */
  scoped<T>(inner: () => T): T {
    this.builder.scope.push(this.scopes++);
    const result = inner();
    this.builder.scope.pop();
    return result;
  }

  /** Block of a label, made at its first mention. */
  blockOf(label: CaseLabel): Block {
    let block = this.labels.get(label);
    if (block === undefined) {
      block = this.builder.fn.makeBlock(label.name);
      this.labels.set(label, block);
    }
    return block;
  }

  /** Continues in `block`, falling into it from the code at hand. */
  fallInto(block: Block): void {
    this.builder.jump(block);
    this.builder.start(block);
  }

  /** Code after a jump: a block nothing leads to; it is dropped unless a label follows. */
  startDead(): void {
    this.builder.start(this.builder.fn.makeBlock('dead'));
  }
}

/** Width of the value of a scalar type. */
export const widthOf = (type: CType): Width => (sizeOf(type) === 8 ? 64 : 32);

/** Bytes a load or store of the type moves. */
export function accessSize(type: CType): AccessSize {
  const size = sizeOf(type);
  return size === 1 || size === 2 || size === 4 ? size : 8;
}
