// What is said about the word at the caret (‸).

import { describe, expect, it } from 'vitest';
import { hoverAt } from './hover.ts';
import { INSIDE, reading } from './sample-program.ts';

const hover = (source: string): string => {
  const { analysis, offset } = reading(source);
  return hoverAt(analysis, offset)?.sections.join('\n') ?? '';
};

describe('hover', () => {
  it('shows a variable with its type, value, comment', () => {
    expect(hover(`${INSIDE}coun‸ter++;\n}`)).toContain('static __u32 counter');
    expect(hover(`${INSIDE}coun‸ter++;\n}`)).toContain('Packets seen.');
    expect(hover(`${INSIDE}p->len = quan‸tum;\n}`)).toContain('const volatile __u32 quantum = 1514 (0x5ea)');
    expect(hover(`${INSIDE}return !‸ctx;\n}`)).toContain('struct sch_bpf_ctx *ctx // parameter');
  });

  it('shows the layout of a struct: offsets, sizes, bit-fields, holes, padding', () => {
    expect(hover(`${INSIDE}struct fl‸ow g;\n}`)).toBe(
      [
        '```c',
        'struct flow { /* 24 bytes, aligned to 8 */',
        '    __u32 len;         /*     0     4 */',
        '    /* hole of 4 bytes */',
        '    __u64 deadline;    /*     8     8 */',
        '    union {',
        '        __u8 small;    /*    16     1 */',
        '        __u16 wide;    /*    16     2 */',
        '    };                 /*    16     2 */',
        '    __u32 urgent : 3;  /*    18 [0:3] */',
        '    __u32 late : 1;    /*    18 [3:1] */',
        '    /* 5 bytes of padding at the end */',
        '};',
        '```',
        'One flow of packets.',
      ].join('\n'),
    );
  });

  it('shows a member with its offset in the struct it is reached through', () => {
    expect(hover(`${INSIDE}p->wi‸de = 1;\n}`)).toContain('__u16 wide; // in struct flow\n```\noffset 16, 2 bytes');
    expect(hover(`${INSIDE}p->la‸te = 1;\n}`)).toContain('bits 3 to 3');
  });

  it('says what the profile lets a program do with a field of a context', () => {
    expect(hover(`${INSIDE}ctx->skb->ma‸rk = 1;\n}`)).toContain('can be read and written');
    expect(hover(`${INSIDE}return ctx->skb->le‸n;\n}`)).toContain('read-only');
    expect(hover(`${INSIDE}return ctx->sk‸b != 0;\n}`)).toMatch(
      /`qdisc\/enqueue`: read-only.*\n.*`qdisc\/dequeue`: can be read and written/,
    );
  });

  it('shows a macro as written, and all it becomes at this use', () => {
    const text = hover(`${INSIDE}p->len = LEA‸ST(p->len, TURNS);\n}`);
    expect(text).toContain('#define LEAST(a, b) ((a) < (b) ? (a) : (b))');
    expect(text).toContain('((p->len) < ((100 << 4)) ? (p->len) : ((100 << 4)))');
    const inner = hover(`${INSIDE}p->len = LEAST(p->len, TU‸RNS);\n}`);
    expect(inner).toContain('#define TURNS (LIMIT << 4)');
    expect(inner).toContain('(100 << 4)\n```\n= 1600 (0x640)');
    expect(hover(`${INSIDE}p->len = LI‸MIT;\n}`)).not.toContain('becomes');
  });

  it('shows values of enumerators and return codes with their meaning in the profile', () => {
    expect(hover(`${INSIDE}return BU‸SY;\n}`)).toContain('BUSY = 5\n```\nof `enum state`');
    expect(hover(`${INSIDE}return SCH_BPF_QUEU‸ED;\n}`)).toMatch(/returned by enqueue: .*\n- returned by dequeue/);
  });

  it('shows maps as what they are', () => {
    expect(hover(`${INSIDE}bpf_skb_map_push(&que‸ue, 0, 0);\n}`)).toContain('skbmap: \\_\\_u64 → packet, 96 entries');
  });

  it('shows helpers with their errors and who may call them', () => {
    const text = hover(`${INSIDE}bpf_skb_map_pu‸sh(&queue, 0, 0);\n}`);
    expect(text).toContain('Only in `qdisc/enqueue`');
    expect(text).toMatch(/- `-E\w+` \(-\d+\):/);
  });

  it('shows kernel functions of struct_ops programs', () => {
    const { analysis, offset } = reading(
      '#include <vmlinux.h>\n#include <bpf/bpf_helpers.h>\n#include <bpf_qdisc_common.h>\nvoid f(struct sk_buff *skb) { bpf_kfree_s‸kb(skb); }\n',
      '',
    );
    expect(hoverAt(analysis, offset)?.sections.join('\n')).toContain('Takes the reference in argument 1.');
  });

  it('shows functions, types, labels and the value of sizeof', () => {
    expect(hover(`${INSIDE}ad‸d(p, 1);\n}`)).toContain('static __u32 add(struct flow *flow, __u32 count)');
    expect(hover(`${INSIDE}__u3‸2 x;\n}`)).toContain('typedef unsigned int __u32\n```\n4 bytes');
    expect(hover(`${INSIDE}return size‸of(struct flow);\n}`)).toContain('= 24');
  });

  it('escapes what a person wrote in a comment', () => {
    expect(hover('/* <img src=x> [a](http://b) */\nint mi‸ne;\n')).toContain('\\<img src=x\\> \\[a\\]\\(http://b\\)');
  });

  it.each(['‸ ', `${INSIDE}/* cou‸nter */\n}`, `${INSIDE}unkn‸own;\n}`, `${INSIDE}ret‸urn 0;\n}`])(
    'says nothing at %j',
    (source) => {
      expect(hover(source)).toBe('');
    },
  );
});
