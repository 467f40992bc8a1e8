// Definition, uses, marks, outline, signature and colours at the caret (‸).

import { describe, expect, it } from 'vitest';
import { TOKEN_MODIFIERS, TOKEN_TYPES } from './answers.ts';
import { definitionAt, highlightsAt, referencesAt } from './navigation.ts';
import { outlineOf } from './outline.ts';
import { HEAD, INSIDE, reading } from './sample-program.ts';
import { semanticTokensOf } from './semantic-tokens.ts';
import { signatureAt } from './signature.ts';

describe('definition', () => {
  /** `header:line: text of the line` */
  const target = (source: string): string => {
    const { analysis, offset } = reading(source);
    const [place] = definitionAt(analysis, offset)?.targets ?? [];
    if (place === undefined) return '';
    const text = analysis.files.find(({ path }) => path === (place.header ?? analysis.file.path))?.text ?? '';
    const from = text.lastIndexOf('\n', place.start) + 1;
    return `${place.header ?? ''}: ${text.slice(from, text.indexOf('\n', from)).trim()}`;
  };

  it.each([
    ['a function', 'ad‸d(p, 1);\n}', ': static __u32 add(struct flow *flow, __u32 count)'],
    ['a member', 'p->le‸n = 1;\n}', ': __u32 len; /* packets queued */'],
    ['a local', 'return ‸p != 0;\n}', ': struct flow f = {}, *p = &f;'],
    ['a macro', 'return LEA‸ST(1, 2);\n}', ': #define LEAST(a, b) ((a) < (b) ? (a) : (b))'],
    ['a tag', 'struct fl‸ow g;\n}', ': struct flow {'],
    ['a label', 'goto o‸ut;\nout:\n\treturn 0;\n}', ': out:'],
    ['a helper', 'bpf_ktime_get_n‸s();\n}', 'bpf/bpf_helpers.h: static __u64 (* const bpf_ktime_get_ns)(void) = (void *) 5;'],
    ['a field of a header', 'ctx->sk‸b;\n}', 'qdisc/types-v4.h: struct __sk_buff *skb; /* The packet to enqueue. */'],
    ['a type of a header', '__u3‸2 x;\n}', 'linux/types.h: typedef unsigned int __u32;'],
    ['an unknown name', 'nob‸ody;\n}', ''],
  ])('of %s', (_, source, expected) => {
    expect(target(INSIDE + source)).toBe(expected);
  });

  it('of an include is the header', () => {
    const { analysis, offset } = reading('#include <linux/i‸p.h>\n');
    expect(definitionAt(analysis, offset)?.targets).toEqual([{ header: 'linux/ip.h', start: 0, end: 0 }]);
  });

  it('works inside a header that the text includes', () => {
    const { analysis } = reading('‸');
    const types = analysis.files.find(({ path }) => path === 'qdisc/types-v4.h')?.text ?? '';
    const [place] = definitionAt(analysis, types.indexOf('__u32 classid') + 2, 'qdisc/types-v4.h')?.targets ?? [];
    expect(place?.header).toBe('linux/types.h');
  });
});

describe('uses', () => {
  it('finds all of a struct member, through pointers, designators, offsetof and macro arguments', () => {
    const { analysis, offset } = reading(
      `${INSIDE}p->le‸n = LEAST(f.len, 3);\n\tf = (struct flow){ .len = 1 };\n\treturn offsetof(struct flow, len);\n}`,
    );
    const places = referencesAt(analysis, offset, null, false).map(({ start, end }) => analysis.file.text.slice(start - 6, end));
    expect(places.map((text) => text.trim())).toEqual(
      ['flow->len', 'p->len', 'ST(f.len', '{ .len', 'flow, len']
        .map((text) => text.slice(-9))
        .map((text) => expect.stringContaining(text.slice(-3))),
    );
    expect(referencesAt(analysis, offset, null, true)).toHaveLength(6);
  });

  it('tells a local from a global of the same name', () => {
    const { analysis, offsets } = reading(`${INSIDE}{ __u32 counter = 1; counte‸r++; }\n\treturn counte‸r;\n}`);
    expect(offsets.map((offset) => referencesAt(analysis, offset, null, true).length)).toEqual([2, 2]);
  });

  it('marks reads and writes', () => {
    const { analysis, offset } = reading(`${INSIDE}count‸er = counter + 1;\n\tcounter++;\n\treturn add(&f, counter);\n}`);
    expect(highlightsAt(analysis, offset).map(({ write }) => write)).toEqual([true, true, false, true, false]);
  });
});

describe('outline', () => {
  it('has functions, types with their members, maps, variables and macros in order', () => {
    const { analysis } = reading(`typedef struct { int x; } thing;\n${INSIDE}return 0;\n}\n‸`);
    const lines = outlineOf(analysis).map(({ name, kind, detail, children }) =>
      [kind, name, detail, ...children.map((child) => child.name)].filter((part) => part !== '').join(' '),
    );
    expect(lines).toEqual([
      'struct flow len deadline small wide urgent late',
      'macro LIMIT',
      'macro TURNS',
      'macro LEAST',
      'map queue map',
      'enum state IDLE BUSY',
      'variable counter __u32',
      'variable quantum const volatile __u32',
      'function add',
      'type thing x',
      'function enqueue qdisc/enqueue',
    ]);
  });

  it('keeps the functions behind one whose brace is missing, or whose macro call is open', () => {
    const names = (body: string): string[] => {
      const { analysis } = reading(
        `int first(void)\n{\n\t${body}\n\nint second(void)\n{\n\treturn 2;\n}\n‸`,
        '#include <qdisc/v4.h>\n',
      );
      return outlineOf(analysis).map(({ name }) => name);
    };
    expect(names('if (1) {\n}')).toEqual(['first', 'second']);
    expect(names('bpf_printk("%d",\n}')).toEqual(['first', 'second']);
    expect(names('struct { int a;')).toEqual(['first', 'second']);
  });

  it('takes text without indentation as it is', () => {
    const { analysis } = reading('int f(void)\n{\nint x = 1;\nreturn x;\n}\nint g(void)\n{\nreturn 2;\n}\n‸', '');
    expect(analysis.errors).toEqual([]);
    expect(outlineOf(analysis).map(({ name }) => name)).toEqual(['f', 'g']);
  });
});

describe('signature', () => {
  const active = (source: string): string => {
    const { analysis, offset } = reading(INSIDE + source);
    const found = signatureAt(analysis, offset);
    const parameter = found?.parameters[found.active];
    return found === null
      ? ''
      : `${found.label.slice(0, found.label.indexOf('('))}: ${parameter === undefined ? '-' : found.label.slice(parameter.start, parameter.end)}`;
  };
  it.each([
    ['bpf_map_update_elem(&queue, ‸\n}', 'long bpf_map_update_elem: const void *key'],
    ['bpf_map_update_elem(&queue, &p, ‸);\n}', 'long bpf_map_update_elem: const void *value'],
    ['add(‸);\n}', '__u32 add: struct flow *flow'],
    ['add(p, LEAST(1, ‸));\n}', 'LEAST: b'],
    ['add(p, LEAST(1, 2)‸);\n}', '__u32 add: __u32 count'],
    ['add(p, (counter + ‸));\n}', '__u32 add: __u32 count'],
    ['bpf_printk("%d %d", 1, 2, ‸\n}', 'bpf_printk: ...'],
    ['add(p, 1, ‸);\n}', '__u32 add: -'],
    ['if (‸\n}', ''],
    ['add(p, 1);\n\t‸\n}', ''],
    ['return add(p, 1)‸;\n}', ''],
  ])('%j', (source, expected) => {
    expect(active(source)).toBe(expected);
  });

  it('knows pointers to functions in structs', () => {
    const { analysis, offset } = reading(
      'struct ops { int (*run)(int first, char second); };\nint g(struct ops *o) { return o->run(1, ‸); }\n',
    );
    expect(signatureAt(analysis, offset)).toMatchObject({ label: 'int run(int first, char second)', active: 1 });
  });
});

describe('colours', () => {
  it('names every word of the text by its meaning, in order', () => {
    const { analysis } = reading(`${INSIDE}p->len = LIMIT;\n\treturn add(p, quantum) + SCH_BPF_OK;\n}\n‸`);
    const data = semanticTokensOf(analysis);
    const lines = analysis.file.text.split('\n');
    const words: string[] = [];
    let [line, column] = [0, 0];
    for (let at = 0; at < data.length; at += 5) {
      const [down = 0, right = 0, length = 0, type = 0, bits = 0] = data.slice(at, at + 5);
      line += down;
      column = down === 0 ? column + right : right;
      const modifiers = TOKEN_MODIFIERS.filter((_, bit) => (bits & (1 << bit)) !== 0);
      words.push([lines[line]?.slice(column, column + length), TOKEN_TYPES[type], ...modifiers].join(' '));
    }
    const inside = HEAD.split('\n').length;
    expect(inside).toBeGreaterThan(0);
    for (const word of [
      'p variable',
      'len property modification',
      'LIMIT macro',
      'add function static',
      'quantum variable readonly',
      'SCH_BPF_OK enumMember readonly defaultLibrary',
      'ctx parameter declaration',
      'flow struct declaration',
      '__u32 type defaultLibrary',
    ])
      expect(words).toContain(word);
  });
});
