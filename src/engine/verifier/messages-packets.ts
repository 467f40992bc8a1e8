// Messages about packets of the qdisc profiles: rules of ours, since no kernel runs these programs. Data only.

import { EACCES, EINVAL, type Message } from './message.ts';

export const PACKET_MESSAGES = {
  'opaque-packet': {
    kernel: "R{reg} invalid mem access '{kind}'",
    errno: EACCES,
    obligation: 'a packet from a map is not looked into',
    explanation:
      'Under this profile a packet that was popped, looked up or shown by for-each can be returned or pushed, but its fields cannot be read. Only the packet that enqueue is called with can be read.',
    fix: 'Store what dequeue needs (length, flow) in another map when the packet is enqueued.',
  },
  'packet-nullable': {
    kernel: 'R{reg} type={kind} expected=skb, popped_skb',
    errno: EACCES,
    obligation: 'a popped packet is compared with NULL before it is pushed',
    explanation: 'Pop gives NULL when no packet has that key, and NULL cannot be put into a map.',
    fix: 'Check it first: if (skb) bpf_skb_map_push(…);',
  },
  'packet-pushed-twice': {
    kernel: 'R{reg} packet is already in a map',
    errno: EINVAL,
    obligation: 'a packet is in at most one map, once',
    explanation: 'The tree node of a packet is inside the packet itself, so a packet in two places would break both trees.',
    fix: 'Push it only once. When the first push failed (it returned non-zero), pushing elsewhere is allowed: test its result.',
  },
  'packet-gone': {
    kernel: 'R{reg} packet is no longer owned by the program',
    errno: EINVAL,
    obligation: 'a packet is given away only once',
    explanation: 'The program has already given this packet away: into a map, or to the stack through ctx->skb.',
    fix: 'Use the packet once on each path.',
  },
  'packet-maybe-freed': {
    kernel: 'ctx->skb may have been freed',
    errno: EACCES,
    obligation: 'a packet is not used after it may have been dropped',
    explanation:
      'On this path the packet has been pushed into a map, and then a packet was deleted from a map. If both had the same key, the packet in ctx->skb is gone, and reading it would read freed memory.',
    fix: 'Read what you need from ctx->skb before deleting, or delete before pushing.',
  },
  'packet-overwritten': {
    kernel: 'ctx->skb already holds a packet',
    errno: EINVAL,
    obligation: 'ctx->skb takes one packet a call',
    explanation:
      'A second value would be stored over the packet in ctx->skb. The first packet would be lost: nobody could send or free it.',
    fix: 'Check ctx->skb (or the result of the first pop) for NULL before storing another, or push the first packet back into a map.',
  },
  'packet-slot-type': {
    kernel: 'ctx->skb takes a popped packet or NULL, not {kind}',
    errno: EACCES,
    obligation: 'only a popped packet or NULL is stored into ctx->skb',
    explanation: 'What is stored into ctx->skb is sent. Only a packet that pop has just given may go there.',
    fix: 'Store the result of bpf_skb_map_pop: ctx->skb = bpf_skb_map_pop(&map, key);',
  },
  'packet-leaked-enqueue': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'every packet that is popped is pushed again',
    explanation:
      'The program ends while it still holds a packet it has popped. In enqueue there is nowhere to send it and no call that frees it, so it would be lost, memory and all.',
    fix: 'Push it into a map again. To throw away a queued packet, call bpf_map_delete_elem(&map, &key) instead of pop.',
  },
  'packet-leaked-dequeue': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'every packet that is popped is stored into ctx->skb or pushed again',
    explanation:
      'The program ends while it still holds a packet it has popped. It was taken out of the map and not given to anybody: it would be lost, memory and all.',
    fix: 'Store it into ctx->skb, or push it into a map again, on every path.',
  },
  'queued-without-push': {
    kernel: 'packet is reported as queued but is in no map',
    errno: 0,
    obligation: 'a packet reported as queued is in a map',
    explanation:
      'On this path the program says that it has kept the packet, but it has pushed it nowhere. When that happens at run time the packet is dropped with reason LOST.',
    fix: 'Push the packet and test the result, or return the code for drop.',
  },
  'pushed-but-not-kept': {
    kernel: 'packet is in a map but not reported as queued',
    errno: 0,
    obligation: 'a packet that was pushed is reported as queued',
    explanation: 'On this path the packet was pushed into a map, but the return code says something else.',
    fix: 'Return the code for queued after a push that succeeded.',
  },
  'key-overflows': {
    kernel: 'the key can overflow',
    errno: 0,
    obligation: 'all bits of the parts of a key fit into 64',
    explanation:
      'The key of this push is put together by a left shift, and the number that is shifted can have bits that fall off the top: packets with different numbers then get the same place in the queue.',
    fix: 'Limit the part before it is shifted (if (band > 15) band = 15; or band &= 15;), or shift by less.',
  },
} as const satisfies Record<string, Message>;
