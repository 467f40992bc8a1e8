// The intermediate form as text, for `--emit ir` and tests. Knows nothing of how it was made.

import type { Block, Inst, IrFunction, Terminator } from './ir.ts';

function operand(inst: Inst): string {
  switch (inst.op) {
    case 'const': {
      const signed = BigInt.asIntN(inst.width, inst.value);
      return signed < 0n && signed > -1024n ? String(signed) : String(inst.value);
    }
    case 'undef':
      return 'undef';
    case 'param':
      return `arg${inst.index}`;
    case 'slot':
      return `&${inst.slot.name}`;
    case 'global':
      return `@${inst.variable.name}${inst.offset === 0 ? '' : `+${inst.offset}`}`;
    case 'function':
      return `@${inst.symbol.name}`;
    default:
      return `%${inst.id}`;
  }
}

const address = (inst: Inst | undefined, offset: number): string =>
  `[${inst === undefined ? '?' : operand(inst)}${offset === 0 ? '' : offset > 0 ? ` + ${offset}` : ` - ${-offset}`}]`;

function body(inst: Inst): string {
  const args = inst.args.map(operand);
  switch (inst.op) {
    case 'phi':
      return `phi ${args.map((arg, i) => `${arg} from ${inst.incoming[i]?.label}.${inst.incoming[i]?.id}`).join(', ')}`;
    case 'binary':
      return `${inst.kind} ${args.join(', ')}`;
    case 'compare':
      return `${inst.predicate}${inst.args[0]?.width ?? ''} ${args.join(', ')}`;
    case 'sext':
      return `sext${inst.from} ${args.join(', ')}`;
    case 'bswap':
      return `bswap${inst.bits} ${args.join(', ')}`;
    case 'load':
      return `load${inst.isVolatile ? ' volatile' : ''} ${inst.isSigned ? 's' : 'u'}${inst.size * 8} ${address(inst.args[0], inst.offset)}`;
    case 'store':
      return `store${inst.isVolatile ? ' volatile' : ''} ${inst.size * 8} ${address(inst.args[0], inst.offset)}, ${args[1] ?? ''}`;
    case 'call': {
      const { target } = inst;
      const name = target.kind === 'function' ? target.symbol.name : target.kind === 'indirect' ? 'through' : target.name;
      return `call ${target.kind === 'helper' ? `helper ${target.id} ` : ''}${name}(${args.join(', ')})`;
    }
    case 'atomic':
      return `atomic ${inst.kind}${inst.fetch ? ' fetch' : ''} ${inst.size * 8} ${address(inst.args[0], inst.offset)}, ${args.slice(1).join(', ')}`;
    default:
      return `${inst.op} ${args.join(', ')}`.trim();
  }
}

const blockName = (block: Block): string => `${block.label}.${block.id}`;

function terminator(end: Terminator): string {
  switch (end.kind) {
    case 'jump':
      return `jump ${blockName(end.target)}`;
    case 'branch':
      return `branch ${operand(end.condition)} ? ${blockName(end.yes)} : ${blockName(end.no)}`;
    case 'return':
      return end.value === null ? 'return' : `return ${operand(end.value)}`;
    case 'unreachable':
      return 'unreachable';
  }
}

/** One function as text, a line an instruction. */
export function printFunction(fn: IrFunction): string {
  const params = fn.params.map((param, i) => `arg${i}:i${param.width}`).join(', ');
  const lines = [`function ${fn.symbol.name}(${params})${fn.resultWidth === null ? '' : `: i${fn.resultWidth}`}`];
  for (const block of fn.blocks) {
    lines.push(`${blockName(block)}:`);
    for (const inst of [...block.phis, ...block.body]) {
      if (inst.op === 'debug') continue;
      const silent = inst.op === 'store' || inst.op === 'barrier' || inst.op === 'asm' || (inst.op === 'call' && !inst.hasResult);
      lines.push(`  ${silent ? '' : `%${inst.id}:i${inst.width} = `}${body(inst)}`);
    }
    lines.push(`  ${terminator(block.end)}`);
  }
  return lines.join('\n');
}
