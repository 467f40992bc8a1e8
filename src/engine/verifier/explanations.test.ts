// What a person is told about classic mistakes, word for word: a C line would carry each of these. Changing a text means
// reading it again here with the eyes of somebody who has never met a verifier.

import { describe, expect, it } from 'vitest';
import type { ProgramKind } from '../abi/profile.ts';
import { fillTemplate } from './message.ts';
import { MESSAGES } from './messages.ts';
import { testProgram } from './test-programs.ts';
import { type Rejection, verify } from './verify.ts';

function refused(
  text: string,
  kind: ProgramKind = 'qdisc/enqueue',
): Pick<Rejection, 'kernelMessage' | 'obligation' | 'known' | 'explanation'> {
  const { rejection } = verify(testProgram(text, kind), { profile: 'v4' }).report;
  if (rejection === null) throw new Error('accepted');
  const { kernelMessage, obligation, known, explanation } = rejection;
  return { kernelMessage, obligation, known, explanation };
}

const LOOKUP = '*(u32 *)(r10 - 4) = 9\nr2 = r10\nr2 += -4\nr1 = map 1 ll\ncall 1\n';
const POP = 'r6 = r1\nr1 = map 0 ll\nr2 = 0\ncall 2002\n';

describe('explanations', () => {
  it('result of lookup used without a check', () => {
    expect(refused(`${LOOKUP}r1 = *(u64 *)(r0 + 0)\nr0 = 2\nexit`)).toMatchInlineSnapshot(`
      {
        "explanation": "This pointer comes from a call that gives NULL when there is nothing to give (a key that is not in the map, for example). On this path it has not been checked, and following NULL would crash the kernel. Check it right after the call: if (!p) return …;",
        "kernelMessage": "R0 invalid mem access 'map_value_or_null'",
        "known": "the value may be NULL: map_value_or_null",
        "obligation": "a pointer that may be NULL is compared with NULL before it is used",
      }
    `);
  });
  it('index one too large', () => {
    expect(
      refused(
        `${LOOKUP}if r0 == 0 goto out\nr7 = r0\ncall 7\nif r0 > 6 goto out\nr0 <<= 3\nr7 += r0\nr1 = *(u64 *)(r7 + 0)\nout: r0 = 2\nexit`,
      ),
    ).toMatchInlineSnapshot(`
      {
        "explanation": "The access goes past the end (or before the start) of the map’s value. Often an index is allowed to be one too large. Compare the index with the number of elements: if (i >= N) return …; or make the value larger.",
        "kernelMessage": "invalid access to map value, value_size=48 off=48 size=8",
        "known": "offset 0 to 48 plus 0: bytes 48 to 55 of a value of 48 bytes (map table)",
        "obligation": "accesses stay inside the map value",
      }
    `);
  });
  it('index without a bound', () => {
    expect(
      refused(`${LOOKUP}if r0 == 0 goto out\nr7 = r0\ncall 7\nr0 >>= 8\nr7 += r0\nr1 = *(u8 *)(r7 + 0)\nout: r0 = 2\nexit`),
    ).toMatchInlineSnapshot(`
      {
        "explanation": "Nothing on this path limits how large the index can be, so the access could lie behind the object. Compare the index with the number of elements before the access: if (i >= N) return …;",
        "kernelMessage": "R7 unbounded memory access, make sure to bounds check any such access",
        "known": "the offset can be as large as 72057594037927935; the region has 48 bytes",
        "obligation": "an offset into memory has an upper bound",
      }
    `);
  });
  it('loop without progress', () => {
    expect(refused('again: call 7\nif r0 != 5 goto again\nr0 = 2\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "The walk came back to this instruction with exactly the same values in all registers and on the stack: nothing in the loop moves it towards its end, so it could run for ever. A packet scheduler that never returns would hang the machine. Use a loop counter with a constant bound (for (int i = 0; i < 16; i++)), and change what the loop condition reads.",
        "kernelMessage": "infinite loop detected at insn 0",
        "known": "registers and stack are the same as on the last turn",
        "obligation": "every loop makes progress towards its end",
      }
    `);
  });
  it('key with bytes nobody wrote', () => {
    expect(refused('*(u32 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map 2 ll\ncall 1\nr0 = 2\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "The call reads all bytes of this memory, padding included, and some of them have never been written. Initialise the whole variable before the call: struct s x = {}; and then set its fields.",
        "kernelMessage": "invalid read from stack R2 off -8+4 size 8",
        "known": "byte -4 has not been written on this path",
        "obligation": "memory passed to a call is initialised, every byte of it",
      }
    `);
  });
  it('packet bytes read without looking at data_end', () => {
    expect(refused('r6 = *(u64 *)(r1 + 0)\nr2 = *(u32 *)(r6 + 76)\nr0 = *(u8 *)(r2 + 12)\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "A packet can be shorter than expected. Before bytes of it are read, the program must show that they are there, by comparing with data_end. On this path it has not, or not for as many bytes as are read here. Before the access: if (data + N > data_end) return …; where N covers everything that is read.",
        "kernelMessage": "invalid access to packet, off=12 size=1, R2(id=0,off=0,r=0)",
        "known": "nothing has been compared with data_end on this path",
        "obligation": "packet bytes are compared with data_end before they are read",
      }
    `);
  });
  it('read-only field of the packet written', () => {
    expect(refused('r6 = *(u64 *)(r1 + 0)\n*(u32 *)(r6 + 0) = 3\nr0 = 2\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "This field of struct __sk_buff cannot be accessed like this: it is read-only or hidden in a qdisc, or the size is not the field’s. Writable are mark, priority, tc_index, tc_classid, queue_mapping, tstamp and cb; see the reference of struct __sk_buff.",
        "kernelMessage": "invalid bpf_context access off=0 size=4",
        "known": "a store of 4 bytes at len, offset 0 of struct __sk_buff",
        "obligation": "fields of a packet are accessed by the table of struct __sk_buff",
      }
    `);
  });
  it('popped packet forgotten in dequeue', () => {
    expect(refused(`${POP}r0 = 0\nexit`, 'qdisc/dequeue')).toMatchInlineSnapshot(`
      {
        "explanation": "The program ends while it still holds a packet it has popped. It was taken out of the map and not given to anybody: it would be lost, memory and all. Store it into ctx->skb, or push it into a map again, on every path.",
        "kernelMessage": "Unreleased reference id=1 alloc_insn=4",
        "known": "popped at instruction 4",
        "obligation": "every packet that is popped is stored into ctx->skb or pushed again",
      }
    `);
  });
  it('packet pushed twice', () => {
    const push = 'r2 = *(u64 *)(r6 + 0)\nr1 = map 0 ll\nr3 = 0\ncall 2001\n';
    expect(refused(`r6 = r1\n${push}${push}r0 = 1\nexit`)).toMatchInlineSnapshot(`
      {
        "explanation": "The tree node of a packet is inside the packet itself, so a packet in two places would break both trees. Push it only once. When the first push failed (it returned non-zero), pushing elsewhere is allowed: test its result.",
        "kernelMessage": "R2 packet is already in a map",
        "known": "an earlier push on this path succeeded with the same packet",
        "obligation": "a packet is in at most one map, once",
      }
    `);
  });
  it('field of a popped packet read', () => {
    expect(
      refused(`${POP}if r0 == 0 goto out\nr3 = *(u32 *)(r0 + 0)\nout: r0 = 0\nexit`, 'qdisc/dequeue'),
    ).toMatchInlineSnapshot(`
      {
        "explanation": "Under this profile a packet that was popped, looked up or shown by for-each can be returned or pushed, but its fields cannot be read. Only the packet that enqueue is called with can be read. Store what dequeue needs (length, flow) in another map when the packet is enqueued.",
        "kernelMessage": "R0 invalid mem access 'popped_skb'",
        "known": "this packet was popped from a map",
        "obligation": "a packet from a map is not looked into",
      }
    `);
  });
  it('push on a hash map', () => {
    expect(refused('r2 = *(u64 *)(r1 + 0)\nr1 = map 2 ll\nr3 = 0\ncall 2001\nr0 = 2\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "The call is not made for maps of this type. Use a map of the right type: bpf_skb_map_push and bpf_skb_map_pop take BPF_MAP_TYPE_SKBMAP.",
        "kernelMessage": "cannot pass map_type 1 into func bpf_skb_map_push#2001",
        "known": "map flows",
        "obligation": "the call works on this type of map",
      }
    `);
  });
  it('too much stack', () => {
    expect(refused('*(u64 *)(r10 - 400) = 0\ncall sub\nexit\nsub: *(u64 *)(r10 - 200) = 0\nr0 = 2\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "A BPF program has 512 bytes of stack for a function and everything it calls. Local arrays and structs add up. Make local arrays smaller, or keep large data in an array map.",
        "kernelMessage": "combined stack size of 2 calls is 608. Too large",
        "known": "608 of 512 bytes: main 400, subprogram 1 208",
        "obligation": "all frames of a chain of calls fit into 512 bytes of stack",
      }
    `);
  });
  it('number used as an address', () => {
    expect(refused('r2 = 4096\nr0 = *(u64 *)(r2 + 0)\nexit')).toMatchInlineSnapshot(`
      {
        "explanation": "The program uses a number as an address, or a pointer that must not be read through. Only pointers whose origin the verifier has seen (context, stack, map values, packet data) may be followed; a number could lead anywhere in the kernel. Use the pointer that the context or a call gives, not one computed from numbers or read back from memory.",
        "kernelMessage": "R2 invalid mem access 'scalar'",
        "known": "R2 is a number (4096)",
        "obligation": "memory is accessed through a pointer the verifier knows",
      }
    `);
  });

  it('every message is whole sentences with an obligation and a repair', () => {
    for (const [code, message] of Object.entries(MESSAGES)) {
      expect(message.explanation, code).toMatch(/^[A-Z].*[.)]$/s);
      expect(message.fix, code).toMatch(/^[A-Z]/);
      expect(message.obligation.length, code).toBeGreaterThan(10);
      expect(fillTemplate(message.kernel, {}).length, code).toBeGreaterThan(5);
    }
  });
});
