// The link codec (contracts 4): a moment as text after the `#`, and back. `1D`, three characters of payload length, four of
// CRC-24 over the payload's bytes, then the payload: deflate-raw with dictionary 1 of short-keyed JSON. Knows the shape of what it carries, not its
// meaning: the scenario that comes out is unvalidated until the engine has read it.

import { deflateSync, Inflate, strFromU8, strToU8 } from 'fflate';
import { fromBase64Url, numberFromBase64Url, numberToBase64Url, toBase64Url } from './base64url.ts';
import { capProblem } from './caps.ts';
import { crc24 } from './crc24.ts';
import { DICTIONARY_1 } from './dictionary.ts';
import { applyDifference, type Difference, difference, type Json } from './difference.ts';

/** Where the reader is: all optional, none of it changes the run. */
export interface LinkView {
  /** Simulated ns. */
  readonly t?: number;
  /** Record of the log the cursor is behind; finer than `t`. */
  readonly position?: number;
  readonly speed?: number;
  readonly packet?: number;
  readonly layout?: string;
  readonly panes?: readonly string[];
}

/** The whole moment. */
export interface LinkState {
  /** Id of the gallery scenario it started from, or null. */
  readonly preset: string | null;
  readonly scenario: Json;
  /** C text of each program whose source differs from the gallery's, by the scenario's program name. */
  readonly sources: Readonly<Record<string, string>>;
  readonly view: LinkView;
}

export interface LinkProblem {
  readonly code:
    | 'not-a-link'
    | 'newer-version'
    | 'unknown-codec'
    | 'cut'
    | 'too-long'
    | 'damaged'
    | 'too-big'
    | 'malformed'
    | 'preset-unknown';
  readonly message: string;
}

/** What a fragment carries before its preset is known. */
export interface LinkContent {
  readonly preset: string | null;
  readonly change: Difference | undefined;
  readonly sources: Readonly<Record<string, string>>;
  readonly view: LinkView;
}

export type DecodeResult =
  | { readonly ok: true; readonly content: LinkContent }
  | { readonly ok: false; readonly problem: LinkProblem };
export type ResolveResult =
  | { readonly ok: true; readonly state: LinkState }
  | { readonly ok: false; readonly problem: LinkProblem };

const VERSION = '1';
const CODEC = 'D';
const HEADER = 1 + 1 + 3 + 4;
/** Characters a link may have after the `#`. */
export const LINK_CHARACTERS_LIMIT = 65_536;
/** Bytes it may inflate to. */
export const INFLATED_LIMIT = 262_144;
const DEPTH_LIMIT = 12;

const VIEW_KEYS = [
  ['t', 't'],
  ['position', 'r'],
  ['speed', 's'],
  ['packet', 'p'],
  ['layout', 'l'],
  ['panes', 'n'],
] as const;

/** Encodes; `preset` is the scenario that `state.preset` names, against which only the difference is written. */
export function encodeLink(state: LinkState, preset: Json | null): string {
  const payload: Record<string, Json> = {};
  if (state.preset !== null && preset !== null) payload.p = state.preset;
  const change = difference(payload.p === undefined ? null : preset, state.scenario);
  if (change !== undefined) payload.d = change as Json;
  if (Object.keys(state.sources).length > 0) payload.c = state.sources;
  const view: Record<string, Json> = {};
  for (const [name, key] of VIEW_KEYS) {
    const value = state.view[name];
    if (value !== undefined) view[key] = value;
  }
  if (Object.keys(view).length > 0) payload.v = view;
  const json = strToU8(JSON.stringify(payload));
  const packed = deflateSync(json, { level: 9, dictionary: DICTIONARY_1 });
  const text = toBase64Url(packed);
  return `#${VERSION}${CODEC}${numberToBase64Url(text.length, 3)}${numberToBase64Url(crc24(packed), 4)}${text}`;
}

const fail = (code: LinkProblem['code'], message: string): { readonly ok: false; readonly problem: LinkProblem } => ({
  ok: false,
  problem: { code, message },
});

/** Inflates with a hard stop; null when the data is broken, 'big' when it would pass the limit. */
function inflate(packed: Uint8Array): Uint8Array | 'big' | null {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Inflate({ dictionary: DICTIONARY_1 }, (part) => {
    total += part.length;
    if (total <= INFLATED_LIMIT) parts.push(part);
  });
  try {
    for (let at = 0; at < packed.length; at += 256) {
      stream.push(packed.subarray(at, at + 256), at + 256 >= packed.length);
      if (total > INFLATED_LIMIT) return 'big';
    }
  } catch {
    return null;
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= DEPTH_LIMIT || Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

function readView(raw: unknown): LinkView {
  if (!isRecord(raw)) return {};
  const number = (key: string): number | undefined => {
    const value = own(raw, key);
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const [t, position, speed, packet] = [number('t'), number('r'), number('s'), number('p')];
  const layout = own(raw, 'l');
  const panes = own(raw, 'n');
  return {
    ...(t === undefined ? {} : { t }),
    ...(position === undefined ? {} : { position }),
    ...(speed === undefined ? {} : { speed }),
    ...(packet === undefined ? {} : { packet }),
    ...(typeof layout === 'string' ? { layout } : {}),
    ...(Array.isArray(panes) ? { panes: panes.filter((pane) => typeof pane === 'string').slice(0, 16) } : {}),
  };
}

function readContent(json: Uint8Array): DecodeResult {
  let raw: unknown;
  try {
    raw = JSON.parse(strFromU8(json));
  } catch {
    return fail('malformed', 'The link is whole, but what it holds is not a playground moment.');
  }
  if (!isRecord(raw) || tooDeep(raw, 0))
    return fail('malformed', 'The link is whole, but what it holds is not a playground moment.');
  const preset = own(raw, 'p');
  const sources = own(raw, 'c');
  const texts = isRecord(sources)
    ? Object.entries(sources).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    : [];
  return {
    ok: true,
    content: {
      preset: typeof preset === 'string' ? preset : null,
      change: own(raw, 'd') as Difference | undefined,
      sources: Object.fromEntries(texts),
      view: readView(own(raw, 'v')),
    },
  };
}

/** Decodes what stands in a URL from the `#` on. Never throws; every failure says what is wrong in words for a reader. */
export function decodeLink(fragment: string): DecodeResult {
  const text = fragment.replace(/^#/, '');
  if (text.length > LINK_CHARACTERS_LIMIT) {
    return fail('too-big', `The link has ${text.length} characters after the "#"; at most ${LINK_CHARACTERS_LIMIT} are read.`);
  }
  const version = text[0];
  if (version === undefined || !/[0-9]/.test(version))
    return fail('not-a-link', 'What follows the "#" is not a playground link.');
  if (version !== VERSION) return fail('newer-version', `The link has format ${version}; this page reads format ${VERSION}.`);
  const codec = text[1];
  if (codec !== undefined && codec !== CODEC)
    return fail('unknown-codec', `The link is packed in a way ("${codec}") that this page does not know.`);
  if (text.length < HEADER)
    return fail('cut', `This link was cut: only ${text.length} characters are left after the "#". Ask for the whole link.`);
  const wanted = numberFromBase64Url(text.slice(2, 5));
  const sum = numberFromBase64Url(text.slice(5, HEADER));
  const payload = text.slice(HEADER);
  if (wanted === null || sum === null) return fail('damaged', 'The link has characters in it that do not belong there.');
  if (payload.length < wanted) {
    return fail(
      'cut',
      `This link was cut: it has ${text.length} of ${HEADER + wanted} characters after the "#". Ask for the whole link.`,
    );
  }
  if (payload.length > wanted) {
    return fail(
      'too-long',
      `Something was added to the link: it has ${text.length} instead of ${HEADER + wanted} characters after the "#".`,
    );
  }
  const packed = fromBase64Url(payload);
  if (packed === null || crc24(packed) !== sum)
    return fail('damaged', 'The link was changed on its way: its check sum does not fit.');
  const json = inflate(packed);
  if (json === 'big') return fail('too-big', `The link unpacks to more than ${INFLATED_LIMIT} bytes and is not opened.`);
  if (json === null) return fail('damaged', 'The link cannot be unpacked.');
  return readContent(json);
}

/** Puts preset and difference together. `preset` is the gallery scenario that the content names, or null when there is none. */
export function resolveLink(content: LinkContent, preset: Json | null): ResolveResult {
  if (content.preset !== null && preset === null) {
    return fail('preset-unknown', `The link starts from "${content.preset}", which this gallery does not have.`);
  }
  const base = content.preset === null ? null : preset;
  const scenario = content.change === undefined ? base : applyDifference(base, content.change);
  if (scenario === null) return fail('malformed', 'The link carries no scenario.');
  const state: LinkState = { preset: content.preset, scenario, sources: content.sources, view: content.view };
  const problem = capProblem(state);
  return problem === null ? { ok: true, state } : { ok: false, problem };
}
