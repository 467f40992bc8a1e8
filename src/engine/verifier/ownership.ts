// Where packets are, for the two qdisc programs (specification 3.5, contracts 3): a packet is with the stack, held by the
// program, in a map, or in ctx->skb, never in two places and never lost. Knows nothing of other references.

import { KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import type { Walk } from './walk.ts';

/** The packet handed to push: the stack's, or one popped and found not to be NULL. */
export function checkPacketArgument(walk: Walk, index: number, reg: Reg): boolean {
  if (reg.kind === KIND.SKB) {
    if (walk.state.stackPacket !== 'with the stack')
      return walk.refuse('packet-pushed-twice', { reg: index }, 'an earlier push on this path succeeded with the same packet');
    return true;
  }
  if (reg.kind === KIND.POPPED && reg.nullable) {
    return walk.refuse(
      'packet-nullable',
      { reg: index, kind: kindName(reg) },
      'pop gives NULL when no packet has that key',
      [],
      reg.from,
    );
  }
  if (reg.kind === KIND.POPPED) {
    if (walk.state.hasRef(reg.ref)) return true;
    const inSlot = walk.state.packetSlot !== null && walk.state.packetSlot.ref === reg.ref;
    return walk.refuse(
      'packet-gone',
      { reg: index },
      inSlot ? 'it was stored into ctx->skb: it is sent now' : 'it was pushed into a map before',
    );
  }
  if (reg.kind === KIND.TOKEN)
    return walk.refuse(
      'packet-pushed-twice',
      { reg: index },
      'this packet is in a map already: lookup and for-each only show it',
    );
  return walk.refuse(
    'argument-kind',
    { reg: index, kind: kindName(reg), expected: 'skb, popped_skb' },
    `R${index} is ${kindName(reg)}`,
  );
}

/** At the end nothing may be held; QUEUED without a push is pointed out. */
export function checkPacketsAtExit(walk: Walk, result: Reg): boolean {
  const { rules, state } = walk;
  if (rules.ownership === 'none') return true;
  const held = state.refs.find((reference) => reference.kind === 'packet');
  if (held !== undefined) {
    const code = rules.ownership === 'enqueue' ? 'packet-leaked-enqueue' : 'packet-leaked-dequeue';
    if (rules.ownershipIsStrict) {
      return walk.refuse(code, { id: held.id, insn: held.insn }, `popped at instruction ${held.insn}`, [], held.insn);
    }
    walk.warn(code, `popped at instruction ${held.insn}`);
  }
  if (rules.ownership !== 'enqueue' || result.kind !== KIND.SCALAR || !isConst(result.value)) return true;
  const code = result.value.umin;
  if (rules.keepCodes.includes(code) && state.stackPacket === 'with the stack') walk.warn('queued-without-push', `R0 is ${code}`);
  else if (!rules.keepCodes.includes(code) && state.stackPacket !== 'with the stack')
    walk.warn('pushed-but-not-kept', `R0 is ${code}`);
  return true;
}
