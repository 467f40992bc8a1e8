// What is offered where the caret (‸) stands.

import { describe, expect, it } from 'vitest';
import type { CompletionItem } from './answers.ts';
import { completionAt } from './completion.ts';
import { INSIDE, reading } from './sample-program.ts';
import { AnalysisStore } from './source-analysis.ts';

const itemsAt = (source: string): CompletionItem[] => {
  const { analysis, offset } = reading(source);
  return [...completionAt(analysis, offset).items].sort((a, b) => a.rank - b.rank || (a.label < b.label ? -1 : 1));
};
const labels = (source: string): string[] => itemsAt(source).map(({ label }) => label);
const MEMBERS = ['len', 'deadline', 'small', 'wide', 'urgent', 'late'];

describe('members', () => {
  it.each([
    ['behind ->, with a statement on the next line', 'p->‸\n\treturn 0;\n}\n'],
    ['behind ., at the end of the text', 'f.‸'],
    ['in the middle of a name', 'if (p->dead‸line < 3)\n\t\treturn 0;\n}\n'],
    ['in an unfinished condition', 'if (p->‸\n}\n'],
    ['in the argument of a macro that is not closed', 'bpf_printk("%d", p->‸\n\treturn 0;\n}\nint other(void) { return 1; }\n'],
    ['in the argument of a call that is not closed', 'add(p, p->‸\n\treturn 0;\n}\n'],
    ['behind a cast', '((struct flow *)ctx)->‸\n}\n'],
    ['behind an index', 'p[2].‸;\n}\n'],
    ['behind the address of an object', '(&f)->‸;\n}\n'],
    ['in a block that is not closed', 'if (p) {\n\t\tp->‸\n\treturn 0;\n}\nint other(void)\n{\n\treturn 1;\n}\n'],
    ['in a declaration', '__u32 n = p->‸\n\treturn n;\n}\n'],
    ['in offsetof of a macro', 'LEAST(1, p->‸)\n}\n'],
  ])('%s', (_, source) => {
    expect(labels(INSIDE + source)).toEqual(MEMBERS);
  });

  it('says type and comment of each, in the order of declaration', () => {
    const [first] = itemsAt(`${INSIDE}p->‸;\n}`);
    expect(first).toMatchObject({ label: 'len', kind: 'field', detail: '__u32', documentation: 'packets queued' });
  });

  it('takes the last good text when the declaration at hand is broken', () => {
    const store = new AnalysisStore();
    const good = 'struct pair { int one; int two; };\nint f(void)\n{\n\tstruct pair pair = {};\n\treturn pair.one;\n}\n';
    store.of('a.c', good, { profile: 'v4' });
    const text = good.replace('struct pair pair = {};', 'struct par pair = {};').replace('return pair.one', 'return pair.');
    const analysis = store.of('a.c', text, { profile: 'v4' });
    expect(completionAt(analysis, text.indexOf('pair.;') + 5).items.map(({ label }) => label)).toEqual(['one', 'two']);
  });

  it('offers designators that are not given yet, with their equals sign', () => {
    const items = itemsAt(`${INSIDE}struct flow g = { .len = 1, .‸ };\n}`);
    expect(items.map(({ insert }) => insert)).toEqual(['deadline = ', 'small = ', 'wide = ', 'urgent = ', 'late = ']);
    expect(
      itemsAt(`${INSIDE}struct flow g = { ‸ };\n}`)
        .slice(0, 2)
        .map(({ insert }) => insert),
    ).toEqual(['.len = ', '.deadline = ']);
    expect(labels(`${INSIDE}*p = (struct flow){ .‸ };\n}`)).toEqual(MEMBERS);
  });
});

describe('names', () => {
  it('has locals before names of the file before helpers', () => {
    const found = labels(`${INSIDE}p->len = ‸;\n}`);
    const order = ['ctx', 'counter', 'bpf_ktime_get_ns', 'SCH_BPF_OK'].map((name) => found.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThanOrEqual(0);
  });

  it('has no statements, types or directives in an expression', () => {
    const found = labels(`${INSIDE}p->len = ‸;\n}`);
    for (const word of ['return', 'if', 'struct', '__u32', 'include']) expect(found).not.toContain(word);
  });

  it('does not know what is declared further down or in a closed block', () => {
    const found = labels(`${INSIDE}{ int inner; }\n\t‸\n\tint later;\n}\nstatic int below;\n`);
    expect(found).toContain('p');
    for (const name of ['inner', 'later', 'below']) expect(found).not.toContain(name);
  });

  it('puts what fits first: return codes, maps, map types, enumerators of the switch', () => {
    expect(labels(`${INSIDE}return ‸;\n}`).slice(0, 5)).toContain('SCH_BPF_QUEUED');
    expect(labels(`${INSIDE}bpf_skb_map_push(‸);\n}`)[0]).toBe('&queue');
    expect(labels(`${INSIDE}bpf_skb_map_push(&‸\n}`)[0]).toBe('queue');
    expect(labels('struct { __uint(type, ‸); } other SEC(".maps");\n')[0]).toBe('BPF_MAP_TYPE_ARRAY');
    expect(labels(`${INSIDE}enum state s = IDLE;\n\tswitch (s) {\n\tcase ‸\n\t}\n}`).slice(0, 2)).toEqual(['BUSY', 'IDLE']);
  });

  it('leaves out helpers that the program at hand may not call', () => {
    const classifier = INSIDE.replace('qdisc/enqueue', 'tc');
    expect(labels(`${INSIDE}‸\n}`)).toContain('bpf_skb_map_push');
    expect(labels(`${classifier}‸\n}`)).not.toContain('bpf_skb_map_push');
  });

  it('inserts calls with places for their arguments, or the name alone before a parenthesis', () => {
    const insert = (source: string): string | undefined => itemsAt(source).find(({ label }) => label === 'add')?.insert;
    expect(insert(`${INSIDE}ad‸;\n}`)).toMatch(/^add\(\S+flow\}, \S+count\}\)$/);
    expect(insert(`${INSIDE}ad‸(p, 1);\n}`)).toBe('add');
  });

  it('offers break and continue in loops alone, case in a switch', () => {
    expect(labels(`${INSIDE}‸\n}`)).not.toContain('break');
    const loop = labels(`${INSIDE}for (;;) {\n\t\tif (p) {\n\t\t\t‸\n\t\t}\n\t}\n}`);
    expect(loop).toEqual(expect.arrayContaining(['break', 'continue']));
    expect(loop).not.toContain('case');
    expect(labels(`${INSIDE}switch (1) {\n\t‸\n\t}\n}`)).toEqual(expect.arrayContaining(['case', 'default', 'break']));
  });

  it.each([
    ['a comment', `${INSIDE}/* p‸ */\n}`],
    ['a line comment', `${INSIDE}// p‸\n}`],
    ['a string', `${INSIDE}bpf_printk("p‸");\n}`],
    ['a number', `${INSIDE}p->len = 1‸;\n}`],
    ['a name that is being made up', `${INSIDE}int ne‸\n}`],
    ['a name behind a struct type', `${INSIDE}struct flow *ne‸\n}`],
    ['the place behind an operand', `${INSIDE}p->len = counter ‸;\n}`],
  ])('offers nothing in %s', (_, source) => {
    expect(labels(source)).toEqual([]);
  });
});

describe('words of the file and the preprocessor', () => {
  it('offers declarations at the outermost level', () => {
    const found = labels('‸\n');
    expect(found).toEqual(expect.arrayContaining(['static', 'struct', '__u32', 'SEC']));
    for (const word of ['return', 'counter', 'LEAST']) expect(found).not.toContain(word);
  });

  it('offers tags, labels, headers, sections, directives and macros where they belong', () => {
    expect(labels('struct ‸\n')).toEqual(expect.arrayContaining(['flow', '__sk_buff']));
    expect(labels('enum ‸\n')).toContain('state');
    expect(labels(`${INSIDE}goto ‸\nout:\n\treturn 0;\n}`)).toEqual(['out']);
    expect(labels('#include <‸\n')).toEqual(expect.arrayContaining(['qdisc/v4.h', 'linux/ip.h']));
    expect(labels('SEC("‸")\n')).toEqual(expect.arrayContaining(['qdisc/enqueue', 'qdisc/dequeue', '.maps']));
    expect(labels('#‸\n')).toContain('include');
    expect(labels('#ifdef ‸\n')).toEqual(expect.arrayContaining(['LIMIT', 'TURNS']));
  });

  it('closes the bracket of an include that has none', () => {
    const insert = (source: string): string | undefined => itemsAt(source).find(({ label }) => label === 'linux/ip.h')?.insert;
    expect(insert('#include <linux/‸\n')).toBe('linux/ip.h>');
    expect(insert('#include <linux/‸>\n')).toBe('linux/ip.h');
  });
});
