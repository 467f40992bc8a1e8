// Renaming at the caret (‸): the text afterwards, or why not.

import { describe, expect, it } from 'vitest';
import { applyEdits, renameAt, renamePlaceAt } from './rename.ts';
import { HEAD, INSIDE, reading } from './sample-program.ts';

/** The marked part after the renaming, or the reason against it. */
const renamed = (source: string, name: string): string => {
  const { analysis, offset } = reading(source);
  const answer = renameAt(analysis, offset, name);
  return answer.ok ? applyEdits(analysis.file.text, answer.edits) : answer.reason;
};

describe('rename', () => {
  it('changes a local, a member, a tag, a macro and an enumerator everywhere', () => {
    expect(renamed(`${INSIDE}return ‸p->len;\n}`, 'it')).toBe(`${HEAD}${INSIDE.replace('*p', '*it')}return it->len;\n}`);
    const member = renamed(`${INSIDE}return p->le‸n;\n}`, 'packets');
    expect(member).toContain('__u32 packets; /* packets queued */');
    expect(member).toContain('return flow->packets + count;');
    expect(member).toContain('return p->packets;');
    expect(renamed('struct fl‸ow *g;\n', 'stream')).toContain('static __u32 add(struct stream *flow, __u32 count)');
    expect(renamed(`${INSIDE}return LI‸MIT;\n}`, 'MOST')).toContain('#define TURNS (MOST << 4)');
    expect(renamed(`${INSIDE}return BU‸SY;\n}`, 'WORKING')).toContain('enum state { IDLE, WORKING = 5 };');
  });

  it('reaches names in arguments and bodies of macros', () => {
    const text = renamed(`#define SEEN(x) ((x) + counter)\n${INSIDE}return SEEN(LEAST(coun‸ter, 2));\n}`, 'total');
    expect(text).toContain('#define SEEN(x) ((x) + total)');
    expect(text).toContain('return SEEN(LEAST(total, 2));');
  });

  it('lets a name shadow another where that changes nothing', () => {
    expect(renamed(`${INSIDE}return ‸p->len;\n}`, 'counter')).toContain('return counter->len;');
  });

  it.each([
    ['a keyword', 'return ‸p->len;\n}', 'while', "'while' is a keyword."],
    ['no name', 'return ‸p->len;\n}', '2x', "'2x' is not a name in C."],
    ['a macro', 'return ‸p->len;\n}', 'LIMIT', "'LIMIT' is a macro."],
    ['taken in the same block', 'return ‸p->len;\n}', 'f', "'f' is taken: it is declared in line 28."],
    [
      'taken by what is used in the block',
      'return ‸p->len + counter;\n}',
      'counter',
      "'counter' is taken: in line 29 the name would mean something else.",
    ],
    ['taken by a member', 'return p->le‸n;\n}', 'deadline', "The struct has a member 'deadline' already."],
    ['taken by a member of an anonymous union', 'return p->le‸n;\n}', 'wide', "The struct has a member 'wide' already."],
  ])('refuses a new name that is %s', (_, source, name, reason) => {
    expect(renamed(INSIDE + source, name)).toBe(reason);
  });

  it('refuses a name that an inner block hides', () => {
    expect(renamed(`${INSIDE}{ int inner = 1; return ‸p->len + inner; }\n}`, 'inner')).toMatch(/^'inner' is taken/);
  });

  it.each([
    ['a name of a header', `${INSIDE}return ctx->sk‸b == 0;\n}`, "'skb' is from <qdisc/types-v4.h>, which cannot be changed."],
    ['a helper', `${INSIDE}bpf_ktime_get_n‸s();\n}`, "'bpf_ktime_get_ns' is from <bpf/bpf_helpers.h>, which cannot be changed."],
    ['a keyword', `${INSIDE}retu‸rn 0;\n}`, "'return' is a keyword."],
    ['an unknown name', `${INSIDE}nob‸ody;\n}`, "What 'nobody' means is not known here."],
    [
      'a name that a macro pastes',
      `#define T(x) x##_t\n${INSIDE}int foo_t = 1;\n\treturn T(foo) + fo‸o_t;\n}`,
      /put together by a macro in line \d+/,
    ],
  ])('refuses %s', (_, source, reason) => {
    const { analysis, offset } = reading(source);
    const answer = renamePlaceAt(analysis, offset);
    expect(answer.ok ? '' : answer.reason).toMatch(reason);
  });

  it('refuses a name that one macro reads as two things', () => {
    const source = `#define OF(x) ((x) + here)\nint one(int he‸re) { return OF(1); }\nint two(int here) { return OF(2) + here; }\n`;
    expect(renamed(source, 'there')).toMatch(/^The macro 'OF' names 'here'/);
  });
});
