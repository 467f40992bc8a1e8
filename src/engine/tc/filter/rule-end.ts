// What every classifier's line may end with: the class of the match and an action. Knows nothing of matching.

import { parseClassid, type TcWords } from '../tc-words.ts';
import { TC_ACT } from './filter-kind.ts';

const ACTIONS: Readonly<Record<string, number>> = {
  ok: TC_ACT.ok,
  pass: TC_ACT.ok,
  drop: TC_ACT.shot,
  shot: TC_ACT.shot,
  reclassify: TC_ACT.reclassify,
  pipe: TC_ACT.pipe,
  continue: TC_ACT.unspec,
  stolen: TC_ACT.stolen,
  trap: TC_ACT.trap,
};

/** Class and action as far as a line has given them. */
export interface RuleEnd {
  classid: number;
  action: number | null;
}

export const freshEnd = (): RuleEnd => ({ classid: 0, action: null });

/** Words that begin an ending, for messages. */
export const ENDING = 'flowid, action';

/**
 * Reads one ending if the next word begins one: true when it did, false when the word is something else, a message when it
 * is wrong.
 */
export function readEnding(words: TcWords, end: RuleEnd): boolean | string {
  const word = words.takeOne('flowid', 'classid', 'action', 'police', 'order', 'skip_hw', 'skip_sw');
  if (word === null) return false;
  if (word === 'skip_hw') return true;
  if (word === 'skip_sw') return 'skip_sw leaves the match to hardware, and the playground has none';
  if (word === 'police' || word === 'order')
    return `"${word}" is not available here; there is: action ${Object.keys(ACTIONS).join('|')}`;
  if (word !== 'action') {
    const classid = parseClassid(words.take());
    if (classid === null) return `"${word}" needs a class such as 1:1`;
    end.classid = classid;
    return true;
  }
  words.takeOne('gact');
  const name = words.take() ?? '';
  if (!Object.hasOwn(ACTIONS, name)) return `expected ${Object.keys(ACTIONS).join(', ')} after action, not "${name}"`;
  end.action = ACTIONS[name] ?? null;
  return true;
}
