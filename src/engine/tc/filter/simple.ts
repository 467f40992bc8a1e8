// matchall, which takes every packet, and fw, which looks at the mark (man tc-matchall, tc-fw; Linux net/sched/cls_matchall.c,
// cls_fw.c). Knows nothing of other classifiers.

import { parseInteger, type TcWords } from '../tc-words.ts';
import { type RuleParser, refuseRule } from './filter-kind.ts';
import { ENDING, freshEnd, type RuleEnd, readEnding } from './rule-end.ts';

function readEnd(words: TcWords, name: string): { readonly end: RuleEnd; readonly said: boolean } | string {
  const end = freshEnd();
  let said = false;
  while (words.next !== undefined) {
    const ending = readEnding(words, end);
    if (typeof ending === 'string') return ending;
    if (!ending) return `expected ${ENDING} in ${name}, not "${words.next}"`;
    said = true;
  }
  return { end, said };
}

export const parseMatchall: RuleParser = (words) => {
  const read = readEnd(words, 'matchall');
  if (typeof read === 'string') return refuseRule(read);
  return { ok: true, rule: { matches: () => true, ...read.end } };
};

/** `handle MARK[/MASK] fw`; without a handle and options the mark itself is the class. */
export const parseFw: RuleParser = (words, handle) => {
  const read = readEnd(words, 'fw');
  if (typeof read === 'string') return refuseRule(read);
  if (handle === null) {
    if (read.said) return refuseRule('fw needs "handle MARK" before its name, or nothing after it');
    return { ok: true, rule: { matches: (packet) => packet.mark !== 0, classid: (packet) => packet.mark, action: null } };
  }
  const [mark, mask = '0xffffffff', more] = handle.split('/');
  const [value, bits] = [parseInteger(mark), parseInteger(mask)];
  if (value === null || bits === null || more !== undefined)
    return refuseRule(`expected a mark such as 7 or 7/0xff after handle, not "${handle}"`);
  return { ok: true, rule: { matches: (packet) => (packet.mark & bits) >>> 0 === value, ...read.end } };
};
