// What is written about a name: the comment at its declaration (bundled headers carry the text of the tables in theirs), and
// what the tables know beyond it. Answers Markdown. A person's own comments are shown as plain text.

import { CALLS } from '../abi/calls.ts';
import { kfuncNamed } from '../abi/kfuncs.ts';
import type { ContextField } from '../abi/layouts.ts';
import type { DequeueAction, EnqueueAction } from '../abi/profile.ts';
import { profileOf } from '../abi/profiles.ts';
import type { Span } from '../base/source.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import type { LanguageSymbol } from './symbol.ts';

/** Longest comment that is shown. */
const LONGEST = 1200;

/** Words with the characters that mean something in Markdown escaped. */
export const plain = (text: string): string => text.replace(/[\\`*_{}[\]()<>#+!|~$&]/g, '\\$&');

/** The comment that belongs to a declaration, as plain text with line ends; empty when there is none. */
export function commentOf(span: Span, from = span.start): string {
  const { text } = span.file;
  const newline = text.indexOf('\n', span.end);
  const rest = text.slice(span.end, newline < 0 ? text.length : newline);
  const trailing = /(?:\/\*(.*?)\*\/|\/\/(.*))\s*$/.exec(rest);
  if (trailing !== null) return tidy(trailing[1] ?? trailing[2] ?? '');
  return commentAbove(text, text.lastIndexOf('\n', from - 1) + 1);
}

/** The comment that ends on the line above `line` (the offset of a line's first character). */
function commentAbove(text: string, line: number): string {
  const lineBefore = (end: number): string => text.slice(text.lastIndexOf('\n', end - 2) + 1, end).trimEnd();
  const last = line === 0 ? '' : lineBefore(line);
  if (last.endsWith('*/')) {
    const open = text.lastIndexOf('/*', line - 1);
    const close = text.lastIndexOf('*/', line - 1);
    const ownLine = open >= 0 && text.slice(text.lastIndexOf('\n', open) + 1, open).trim() === '';
    return ownLine && open < close ? tidy(text.slice(open + 2, close)) : '';
  }
  const lines: string[] = [];
  for (let at = line, words = last; at > 0 && words.trimStart().startsWith('//'); ) {
    lines.unshift(words.replace(/^\s*\/\/+/, ''));
    at = text.lastIndexOf('\n', at - 2) + 1;
    words = at === 0 ? '' : lineBefore(at);
  }
  return lines.length === 0 ? '' : tidy(lines.join('\n'));
}

/** Takes stars and indents off. */
function tidy(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const text = lines.join('\n').trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}

/** Start of the top-level declaration around a place, whose comment stands above all of it. */
export function declarationStart(analysis: SourceAnalysis, span: Span): number {
  for (const item of analysis.items) {
    const { file, start } = item;
    if (file === span.file && start <= span.start && span.start < (item.fn?.open ?? item.end)) return start;
  }
  return span.start;
}

const ENQUEUE: Readonly<Record<EnqueueAction, string>> = {
  keep: 'the packet stays where the program has put it',
  'keep-and-throttle': 'the packet is kept, and dequeue waits for `ctx->delay`',
  'keep-and-signal-congestion': 'the packet is kept, and the sender is told of congestion',
  drop: 'the packet is dropped',
  'pass-to-class': 'the packet goes to the child of class `ctx->classid`',
  fault: 'not a code of this program: a fault',
  bypass: 'the packet is dropped, and the sender is told neither drop nor congestion',
  stolen: 'a filter has taken the packet: it is gone, and no drop',
};
const DEQUEUE: Readonly<Record<DequeueAction, string>> = {
  send: 'the packet in `ctx->skb` is sent',
  throttle: 'nothing is sent, and dequeue runs again after `ctx->delay`',
  'run-again': 'dequeue runs again at once',
  'drop-given': 'the packet in `ctx->skb` is dropped',
  'take-from-class': 'a packet is taken from the child of class `ctx->classid`',
  nothing: 'nothing is sent now',
  'drop-given-and-warn': 'the packet in `ctx->skb` is dropped, with a warning',
};

/** What the tables say about a symbol of a bundled header under the profile in force; Markdown paragraphs. */
export function tableNotes(analysis: SourceAnalysis, symbol: LanguageSymbol): string[] {
  if ((symbol.definition ?? symbol.declaration).file === analysis.file) return [];
  switch (symbol.kind) {
    case 'global':
      return helperNotes(symbol.name);
    case 'function':
      return kfuncNotes(symbol.name);
    case 'enumerator':
      return codeNotes(analysis, symbol.name);
    case 'member':
      return fieldNotes(analysis, symbol);
    default:
      return [];
  }
}

function helperNotes(name: string): string[] {
  const row = CALLS.find((call) => call.name === name);
  if (row === undefined) return [];
  const where = row.kinds === null ? 'Any program may call it.' : `Only in ${row.kinds.map((kind) => `\`${kind}\``).join(', ')}.`;
  const profiles = row.profiles === null ? '' : ` Profiles: ${row.profiles.join(', ')}.`;
  const errors = row.errors.map(({ errno, value, when }) => `- \`-${errno}\` (${-value}): ${when}`);
  return [...(errors.length > 0 ? [['Gives', '', ...errors].join('\n')] : []), `*Helper ${row.id}. ${where}${profiles}*`];
}

function kfuncNotes(name: string): string[] {
  const row = kfuncNamed(name);
  if (row === null) return [];
  const facts: string[] = [];
  if (row.flags.includes('A')) facts.push('Gives a reference that the program must release or hand on.');
  if (row.flags.includes('R')) facts.push('Takes the reference in argument 1.');
  if (row.flags.includes('N')) facts.push('May return NULL: test it before use.');
  if (row.flags.includes('P')) facts.push('Takes over the node in argument 2.');
  const where =
    row.ops === null
      ? 'Any operation may call it'
      : row.ops.length === 0
        ? 'Programs do not call it'
        : `Only in ${row.ops.map((op) => `\`${op}\``).join(', ')}`;
  const lock = row.inLock ? ', also under a spin lock' : '';
  const since = row.since === undefined ? '' : ` Linux ${row.since} and later.`;
  return [
    row.summary,
    ...(facts.length > 0 ? [facts.join(' ')] : []),
    ...(row.errors === undefined ? [] : [`Gives ${row.errors}.`]),
    `*Kernel function. ${where}${lock}.${since}*`,
  ];
}

function codeNotes(analysis: SourceAnalysis, name: string): string[] {
  const profile = analysis.profile === null ? null : profileOf(analysis.profile);
  const code = profile?.codes.find((row) => row.name === name);
  if (profile == null || code === undefined || profile.id === 'struct_ops') return [];
  return [
    `- returned by enqueue: ${ENQUEUE[code.enqueue]}\n- returned by dequeue: ${DEQUEUE[code.dequeue]}`,
    `*Profile ${profile.id}.*`,
  ];
}

function fieldNotes(analysis: SourceAnalysis, symbol: LanguageSymbol): string[] {
  const profile = analysis.profile === null ? null : profileOf(analysis.profile);
  if (profile === null || profile.id === 'struct_ops') return [];
  const rows: string[] = [];
  const tag = `struct ${symbol.owner?.tag ?? ''}`;
  if (tag === profile.packet.name) rows.push(...accessNotes('programs', fieldOf(profile.packet, symbol.name)));
  else
    for (const kind of ['qdisc/enqueue', 'qdisc/dequeue'] as const) {
      const layout = profile.context(kind);
      if (layout?.name === tag) rows.push(...accessNotes(`\`${kind}\``, fieldOf(layout, symbol.name)));
    }
  return rows.length === 0 ? [] : [rows.join('\n'), `*Profile ${profile.id}.*`];
}

const fieldOf = (layout: { readonly fields: readonly ContextField[] }, name: string): ContextField | undefined =>
  layout.fields.find((field) => field.name === name);

function accessNotes(who: string, field: ContextField | undefined): string[] {
  if (field === undefined) return [];
  const can = field.read === 'none' && field.write === 'none' ? 'cannot be read or written' : access(field);
  return [`- ${who}: ${can}. ${plain(field.summary)}`];
}

function access(field: ContextField): string {
  if (field.read === 'none') return 'can only be written';
  return field.write === 'none' ? 'read-only' : 'can be read and written';
}
