// Arguments of a kernel function against its row: numbers, trusted pointers, objects, lists and trees with their nodes, views,
// iterators (Linux kernel/bpf/verifier.c, check_kfunc_args). Knows nothing of what the call gives back.

import type { KfuncArg, KfuncRow } from '../abi/kfuncs.ts';
import { argumentName, nullArgumentName } from './argument-names.ts';
import { checkMemory } from './helper-arguments.ts';
import { checkGuarded, fieldsBehind, ordersTree } from './locks.ts';
import { markPreciseRegister } from './precision.ts';
import { FLAG, isNull, KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import type { SpecialField, SpecialKind, StructInfo } from './special-fields.ts';
import { specialFieldAt } from './special-fields.ts';
import { dynptrAt, iteratorAt, type Place, placeForDynptr, placeForIterator } from './stack-objects.ts';
import { tnumText } from './tnum.ts';
import type { Walk } from './walk.ts';

/** What the arguments told about the call. */
export interface KfuncFacts {
  /** Reference that the call takes. */
  released: number;
  /** Reference of the node that a list or tree takes over, and whether its objects are counted. */
  given: number;
  givenIsCounted: boolean;
  /** The list or tree. */
  root: SpecialField | null;
  constant: bigint;
  callback: number | null;
  view: Reg | null;
  place: Place | null;
  iterator: { readonly reg: Reg; readonly place: Place } | null;
  /** The object that a second reference is made of. */
  shared: Reg | null;
  /** Reference of the packet that a view is made of. */
  packet: number;
}

const isObject = (reg: Reg): boolean => reg.kind === KIND.BTF_PTR && (reg.flags & FLAG.OBJECT) !== 0;
const isPlainObject = (reg: Reg): boolean => isObject(reg) && (reg.flags & (FLAG.NON_OWNING | FLAG.RCU | FLAG.UNTRUSTED)) === 0;
const isTrusted = (reg: Reg): boolean =>
  reg.kind === KIND.BTF_PTR && (reg.ref !== 0 || ((reg.flags & FLAG.TRUSTED) !== 0 && (reg.flags & FLAG.UNTRUSTED) === 0));

/** What is released is owned and is the start of the object. */
function checkRelease(walk: Walk, row: KfuncRow, index: number, reg: Reg): boolean {
  if (reg.ref === 0) {
    const name = argumentName(walk, index);
    if (walk.rules.model?.kernel === '7.2')
      return walk.refuse('kfunc-release-unreferenced', { name: row.name, reg: index }, `R${index} is ${kindName(reg)}`);
    const wanted = row.args[index - 1] ?? '';
    if (wanted.startsWith('struct:') && reg.kind !== KIND.BTF_PTR)
      return walk.refuse('kfunc-not-memory', { place: name, struct: wanted.slice(7) });
    return walk.refuse('kfunc-untrusted', { reg: index });
  }
  if (isConst(reg.value) && reg.value.smin === 0n) return true;
  if (!isConst(reg.value) && walk.rules.model?.kernel !== '7.2')
    return walk.refuse('variable-context-offset', { kind: kindName(reg), bits: tnumText(reg.value.bits) });
  return walk.refuse('release-offset', { reg: index });
}

/** A pointer may have moved by a constant, forwards. */
function checkOffset(walk: Walk, index: number, reg: Reg): boolean {
  const kind = kindName(reg);
  if (!isConst(reg.value)) return walk.refuse('variable-context-offset', { kind, bits: tnumText(reg.value.bits) });
  if (reg.value.smin < 0n) return walk.refuse('negative-context-offset', { kind, reg: index, off: Number(reg.value.smin) });
  return true;
}

function checkStruct(walk: Walk, row: KfuncRow, index: number, reg: Reg, wanted: string): boolean {
  const place = argumentName(walk, index);
  if (reg.kind !== KIND.BTF_PTR)
    return walk.refuse('kfunc-not-memory', { place, struct: wanted }, `R${index} is ${kindName(reg)}`);
  if (!isTrusted(reg))
    return walk.refuse('kfunc-untrusted', { reg: index }, `R${index} is ${kindName(reg)}${reg.struct?.name ?? ''}`);
  if (!checkOffset(walk, index, reg)) return false;
  if (reg.struct?.name === wanted && reg.struct.ofKernel && reg.value.smin === 0n) return true;
  return walk.refuse('kfunc-wrong-struct', { name: row.name, place, struct: wanted, given: reg.struct?.name ?? '?' });
}

function checkRoot(walk: Walk, index: number, reg: Reg, kind: SpecialKind, facts: KfuncFacts): boolean {
  if (reg.kind !== KIND.MAP_VALUE && !isPlainObject(reg)) return walk.refuse('root-place', { place: argumentName(walk, index) });
  if (isObject(reg) && reg.ref === 0) return walk.refuse('object-unreferenced', {});
  if (!isConst(reg.value)) return walk.refuse('field-offset-varies', { reg: index, what: kind, field: kind });
  const offset = Number(reg.value.smin);
  const field = specialFieldAt(fieldsBehind(walk, reg), offset, kind);
  if (field === null) return walk.refuse('field-not-found', { field: kind, off: offset });
  facts.root = field;
  return checkGuarded(walk, reg, field);
}

/** The node is the one member of the one structure that the list or tree is declared to contain. */
function checkNodeField(walk: Walk, index: number, reg: Reg, kind: SpecialKind, facts: KfuncFacts): boolean {
  const root = facts.root;
  if (root === null) return false;
  if (!isConst(reg.value)) return walk.refuse('field-offset-varies', { reg: index, what: kind, field: kind });
  const offset = Number(reg.value.smin);
  if (specialFieldAt(reg.struct?.fields ?? [], offset, kind) === null)
    return walk.refuse('field-not-found', { field: kind, off: offset });
  const target: StructInfo | null = root.target();
  if (target !== null && target === reg.struct && offset === root.nodeOffset) return true;
  return walk.refuse('wrong-node', {
    root: root.kind,
    node: kind,
    at: root.nodeOffset,
    struct: target?.name ?? '?',
    off: offset,
    given: reg.struct?.name ?? '?',
  });
}

function checkNewNode(walk: Walk, index: number, reg: Reg, kind: SpecialKind, facts: KfuncFacts): boolean {
  if (!isPlainObject(reg))
    return walk.refuse('object-expected', { place: argumentName(walk, index) }, `R${index} is ${kindName(reg)}`);
  if (reg.ref === 0) return walk.refuse('object-unreferenced', {});
  if (!checkNodeField(walk, index, reg, kind, facts)) return false;
  facts.given = reg.ref;
  facts.givenIsCounted = reg.struct?.fields.some((field) => field.kind === 'bpf_refcount') ?? false;
  return true;
}

function checkLinkedNode(walk: Walk, row: KfuncRow, index: number, reg: Reg, kind: SpecialKind, facts: KfuncFacts): boolean {
  if (!isObject(reg) || ((reg.flags & FLAG.NON_OWNING) === 0 && reg.ref === 0))
    return walk.refuse('node-not-linked', { name: row.name, node: kind });
  if (ordersTree(walk)) return walk.refuse('not-in-order', { name: row.name });
  return checkNodeField(walk, index, reg, kind, facts);
}

function checkShared(walk: Walk, index: number, reg: Reg, facts: KfuncFacts): boolean {
  const place = argumentName(walk, index);
  const usable = reg.ref !== 0 || (reg.flags & (FLAG.NON_OWNING | FLAG.RCU)) !== 0;
  if (!isObject(reg) || !usable || (reg.flags & FLAG.UNTRUSTED) !== 0) return walk.refuse('not-an-owner', { place });
  if (!(reg.struct?.fields.some((field) => field.kind === 'bpf_refcount') ?? false)) return walk.refuse('no-refcount', { place });
  if (!isConst(reg.value) || reg.value.smin !== 0n) return walk.refuse('release-offset', { reg: index });
  facts.shared = reg;
  return true;
}

function checkBuffer(walk: Walk, index: number, reg: Reg): boolean {
  const size = walk.reg(index + 1);
  if (isNull(reg)) return true;
  if (size.kind !== KIND.SCALAR) return walk.refuse('kfunc-not-scalar', { place: argumentName(walk, index + 1) });
  if (!isConst(size.value)) return walk.refuse('kfunc-not-constant', { place: argumentName(walk, index + 1) });
  return checkMemory(walk, index, reg, Number(size.value.umin), true, true);
}

function checkPointer(walk: Walk, row: KfuncRow, arg: KfuncArg, index: number, reg: Reg, facts: KfuncFacts): boolean {
  switch (arg) {
    case 'object':
      return (
        isPlainObject(reg) ||
        walk.refuse('object-expected', { place: argumentName(walk, index) }, `R${index} is ${kindName(reg)}`)
      );
    case 'refcounted':
      return checkShared(walk, index, reg, facts);
    case 'list-head':
      return checkRoot(walk, index, reg, 'bpf_list_head', facts);
    case 'rb-root':
      return checkRoot(walk, index, reg, 'bpf_rb_root', facts);
    case 'list-node':
      return checkNewNode(walk, index, reg, 'bpf_list_node', facts);
    case 'rb-node':
      return checkNewNode(walk, index, reg, 'bpf_rb_node', facts);
    case 'list-node-inside':
      return checkLinkedNode(walk, row, index, reg, 'bpf_list_node', facts);
    case 'rb-node-inside':
      return checkLinkedNode(walk, row, index, reg, 'bpf_rb_node', facts);
    case 'less':
      if (reg.kind !== KIND.FUNC) return walk.refuse('callback-expected', { place: argumentName(walk, index) });
      facts.callback = reg.frame;
      return true;
    case 'iterator-new':
      facts.place = placeForIterator(walk, index);
      return facts.place !== null;
    case 'iterator':
      facts.iterator = iteratorAt(walk, index);
      return facts.iterator !== null;
    case 'dynptr':
      facts.view = dynptrAt(walk, index);
      return facts.view !== null;
    case 'dynptr-new':
      facts.place = placeForDynptr(walk, index);
      return facts.place !== null;
    case 'any-pointer':
      return true;
    default:
      facts.packet = reg.ref;
      return checkStruct(walk, row, index, reg, arg.slice('struct:'.length));
  }
}

function checkNumber(walk: Walk, arg: KfuncArg, index: number, reg: Reg, facts: KfuncFacts): boolean {
  if (reg.kind !== KIND.SCALAR) return walk.refuse('kfunc-not-scalar', { place: argumentName(walk, index) });
  if (arg === 'scalar') return true;
  if (!isConst(reg.value)) return walk.refuse('kfunc-not-constant', { place: argumentName(walk, index) });
  markPreciseRegister(walk, index);
  facts.constant = reg.value.umin;
  return true;
}

function checkOne(walk: Walk, row: KfuncRow, arg: KfuncArg, index: number, facts: KfuncFacts): boolean {
  if (arg === 'ignored') return true;
  const reg = walk.reg(index);
  if (reg.kind === KIND.NONE)
    return walk.refuse('unread-register', { reg: index }, `argument ${index} of ${row.name} has not been set on this path`);
  if (arg === 'scalar' || arg === 'constant') return checkNumber(walk, arg, index, reg, facts);
  if (arg === 'buffer-or-null') return checkBuffer(walk, index, reg);
  if (isNull(reg) || reg.nullable)
    return walk.refuse('kfunc-null', { place: nullArgumentName(walk, index) }, `R${index} is ${kindName(reg)}`, [], reg.from);
  if (index === 1 && row.flags.includes('R')) {
    if (!checkRelease(walk, row, index, reg)) return false;
    facts.released = reg.ref;
  }
  return checkPointer(walk, row, arg, index, reg, facts);
}

/** Checks every argument in order; null when one is refused. */
export function checkKfuncArguments(walk: Walk, row: KfuncRow): KfuncFacts | null {
  const facts: KfuncFacts = {
    released: 0,
    given: 0,
    givenIsCounted: false,
    root: null,
    constant: 0n,
    callback: null,
    view: null,
    place: null,
    iterator: null,
    shared: null,
    packet: 0,
  };
  for (let i = 0; i < row.args.length; i++) {
    const arg = row.args[i];
    if (arg !== undefined && !checkOne(walk, row, arg, i + 1, facts)) return null;
  }
  return facts;
}
