// Makes a program on which we differ from gcc smaller while the difference stays: leaves out lines and blocks, then parts of
// expressions. Each candidate must run cleanly under gcc's sanitisers, so that what is left is a difference and no accident.

import { agreedValues, NATIVE, SANITISED } from './native-compilers.ts';
import { ourAnswers, SETTINGS, type Setting } from './our-compiler.ts';

const ROUNDS = 6;
const TRIALS = 4000;

/** The smallest program found; the one given when it does not differ. */
export async function reduceDifference(text: string, folder: string, entry = 'test'): Promise<string> {
  const [expected] = await agreedValues([{ text, entry }], folder);
  const wrong = SETTINGS.find((setting) => failureOf(text, entry, setting, expected ?? null) !== null);
  if (wrong === undefined) return text;
  return new Reducer(folder, entry, wrong, failureOf(text, entry, wrong, expected ?? null) ?? '').run(text);
}

/** How a setting fails: `wrong value`, or the code of an error; null when it does not. */
function failureOf(text: string, entry: string, setting: Setting, expected: string | null): string | null {
  for (const { value, refused } of ourAnswers(text, entry, [setting])) {
    if (refused || value === expected) continue;
    if (/^\d+$/.test(value)) return 'wrong value';
    return /\[[a-z-]+\]$/.exec(value)?.[0] ?? value.slice(0, 24);
  }
  return null;
}

class Reducer {
  private readonly folder: string;
  private readonly entry: string;
  private readonly setting: Setting;
  private readonly failure: string;
  private trials = 0;

  constructor(folder: string, entry: string, setting: Setting, failure: string) {
    this.folder = folder;
    this.entry = entry;
    this.setting = setting;
    this.failure = failure;
  }

  /** The cheap compiler is asked first; only what still differs goes through the sanitisers. */
  private async differs(text: string): Promise<boolean> {
    if (this.trials++ > TRIALS) return false;
    const failure = failureOf(text, this.entry, this.setting, 'unknown');
    if (failure !== this.failure) return false;
    for (const compilers of [NATIVE.slice(2, 3), [SANITISED]]) {
      const [value] = await agreedValues([{ text, entry: this.entry }], this.folder, compilers);
      if (value === null || value === undefined) return false;
      if (failureOf(text, this.entry, this.setting, value) !== this.failure) return false;
    }
    return true;
  }

  async run(text: string): Promise<string> {
    let best = text;
    if (!(await this.differs(best))) return best;
    for (let round = 0; round < ROUNDS; round++) {
      const before = best;
      best = await this.withoutBlocks(best);
      best = await this.withoutLines(best);
      best = await this.withoutParts(best);
      if (best === before) break;
    }
    return best;
  }

  /** Leaves out whole blocks, or their heads and ends alone. */
  private async withoutBlocks(text: string): Promise<string> {
    let lines = text.split('\n');
    for (let at = 0; at < lines.length; at++) {
      const end = blockEnd(lines, at);
      if (end <= at) continue;
      const without = [...lines.slice(0, at), ...lines.slice(end + 1)];
      const unwrapped = [...lines.slice(0, at), ...lines.slice(at + 1, end), ...lines.slice(end + 1)];
      if (await this.differs(without.join('\n'))) lines = without;
      else if (/^\s*(\}|do|if|for|while|\{)/.test(lines[at] ?? '') && (await this.differs(unwrapped.join('\n'))))
        lines = unwrapped;
    }
    return lines.join('\n');
  }

  /** Leaves out lines, from the end; large pieces first. */
  private async withoutLines(text: string): Promise<string> {
    let lines = text.split('\n');
    for (let size = Math.max(1, lines.length >> 2); size >= 1; size >>= 1) {
      for (let at = lines.length - size; at >= 0; at -= size) {
        const candidate = [...lines.slice(0, at), ...lines.slice(at + size)];
        if (balanced(lines.slice(at, at + size)) && (await this.differs(candidate.join('\n')))) lines = candidate;
      }
    }
    return lines.join('\n');
  }

  /** Replaces something in brackets by a part of it, or by a number. */
  private async withoutParts(text: string): Promise<string> {
    let best = text;
    for (let at = 0; at < best.length; at++) {
      if (best[at] !== '(') continue;
      const close = closing(best, at);
      if (close < 0 || close - at < 2) continue;
      const inside = best.slice(at + 1, close);
      const parts = [...operands(inside), '1', '0'];
      for (const part of parts) {
        if (part.length + 2 > close - at) continue;
        const candidate = `${best.slice(0, at)}(${part})${best.slice(close + 1)}`;
        if (candidate.length < best.length && (await this.differs(candidate))) {
          best = candidate;
          at--;
          break;
        }
      }
    }
    return best;
  }
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
    else if (text[at] === '\n') return -1;
  }
  return -1;
}

/** Operands of the outermost operators: pieces between spaces at the same depth. */
function operands(inside: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= inside.length; at++) {
    const character = inside[at];
    if (character === '(' || character === '[' || character === '{') depth++;
    else if (character === ')' || character === ']' || character === '}') depth--;
    if (depth === 0 && (character === ' ' || character === undefined)) {
      const part = inside.slice(from, at);
      if (part.length > 1 && part !== inside) found.push(part.replace(/,$/, ''));
      from = at + 1;
    }
  }
  return found;
}

function balanced(lines: readonly string[]): boolean {
  let depth = 0;
  for (const character of lines.join('')) {
    if (character === '{') depth++;
    else if (character === '}' && --depth < 0) return false;
  }
  return depth === 0;
}

/** Line of the brace that closes the block a line opens; -1 when it opens none. */
function blockEnd(lines: readonly string[], at: number): number {
  if (!(lines[at] ?? '').endsWith('{')) return -1;
  let depth = 0;
  for (let end = at; end < lines.length; end++) {
    for (const character of lines[end] ?? '') depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    if (depth <= 0 && end > at) return end;
  }
  return -1;
}
