// Links: random moments come back identical, every cut is recognised as a cut, bombs and damage are refused, the dictionary is frozen.

import { deflateSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { Digest } from '../engine/base/digest.ts';
import { nextBelow, type RandomStream, seedStream } from '../engine/base/prng.ts';
import { numberToBase64Url, toBase64Url } from './base64url.ts';
import { decodeLink, encodeLink, type LinkState, resolveLink } from './codec.ts';
import { crc24 } from './crc24.ts';
import { DICTIONARY_1 } from './dictionary.ts';
import type { Json } from './difference.ts';

const SEED = 411;
const stream: RandomStream = { state: new Int32Array(4), at: 0 };
seedStream(stream, SEED, 'links');
const below = (bound: number): number => nextBelow(stream, bound);
const text = (length: number): string =>
  Array.from({ length }, () => String.fromCodePoint(below(20) === 0 ? 0x100 + below(0x2000) : 32 + below(95))).join('');

const PRESET: Json = {
  version: 1,
  title: 'Preset',
  seed: 1,
  duration: '2s',
  programs: { main: { gallery: 'fifo' } },
  devices: [{ name: 'eth0', rate: '10mbit' }],
  tc: ['qdisc add dev eth0 root bpf obj main'],
  flows: [
    { name: 'a', kind: 'constant', rate: '1mbit', size: '1514b' },
    { name: 'b', kind: 'poisson', rate: '2mbit', size: ['590b', '1514b'] },
  ],
};

function randomState(): LinkState {
  const scenario = structuredClone(PRESET) as Record<string, Json>;
  if (below(2) === 0) scenario.seed = below(1_000_000);
  if (below(2) === 0) scenario.title = text(below(60));
  if (below(3) === 0)
    scenario.flows = Array.from({ length: below(5) }, (_, i) => ({
      name: `f${i}`,
      kind: 'constant',
      rate: `${below(90)}kbit`,
      size: '64b',
    }));
  if (below(3) === 0) delete scenario.tc;
  if (below(4) === 0) scenario.extra = { deep: [1, null, true, { x: text(5) }] };
  const view = {
    ...(below(2) === 0 ? { t: below(2 ** 32) * 1000 } : {}),
    ...(below(2) === 0 ? { packet: below(9999), speed: 0.5 } : {}),
    ...(below(3) === 0 ? { layout: 'hack', panes: ['a', 'b'] } : {}),
  };
  return { preset: below(4) === 0 ? null : 'fifo', scenario, sources: below(2) === 0 ? { main: text(below(3000)) } : {}, view };
}

describe('links', () => {
  it(`bring 100 random moments back identical (seed ${SEED})`, () => {
    for (let i = 0; i < 100; i++) {
      const state = randomState();
      const decoded = decodeLink(encodeLink(state, PRESET));
      if (!decoded.ok) throw new Error(decoded.problem.message);
      expect(resolveLink(decoded.content, decoded.content.preset === null ? null : PRESET)).toEqual({ ok: true, state });
    }
  });

  it('of an unedited preset are short', () => {
    expect(
      encodeLink({ preset: 'random_drop', scenario: PRESET, sources: {}, view: { t: 123_456_789, speed: 2_000_000 } }, PRESET)
        .length,
    ).toBeLessThan(80);
  });

  it(`that were cut at 200 random places say so (seed ${SEED})`, () => {
    for (let i = 0; i < 200; i++) {
      const link = encodeLink(randomState(), PRESET);
      const cut = link.slice(0, 2 + below(link.length - 2));
      const decoded = decodeLink(cut);
      expect(decoded.ok ? 'accepted' : decoded.problem.code, cut).toBe('cut');
    }
  });

  it('with one character changed or added are refused', () => {
    const link = encodeLink(randomState(), PRESET);
    for (let i = 0; i < 200; i++) {
      const at = 5 + below(link.length - 5);
      const other = link[at] === 'A' ? 'B' : 'A';
      expect(decodeLink(link.slice(0, at) + other + link.slice(at + 1)).ok).toBe(false);
    }
    expect(decodeLink(`${link}.`)).toMatchObject({ ok: false, problem: { code: 'too-long' } });
    expect(decodeLink('#section-2')).toMatchObject({ ok: false, problem: { code: 'not-a-link' } });
    expect(decodeLink('#2D')).toMatchObject({ ok: false, problem: { code: 'newer-version' } });
    expect(decodeLink('#1X')).toMatchObject({ ok: false, problem: { code: 'unknown-codec' } });
  });

  const pack = (json: string): string => {
    const packed = deflateSync(new TextEncoder().encode(json), { level: 9, dictionary: DICTIONARY_1 });
    const payload = toBase64Url(packed);
    return `#1D${numberToBase64Url(payload.length, 3)}${numberToBase64Url(crc24(packed), 4)}${payload}`;
  };

  it('that would unpack to 30 MB are stopped', () => {
    expect(decodeLink(pack(JSON.stringify({ c: { main: 'x'.repeat(30_000_000) } })))).toMatchObject({
      ok: false,
      problem: { code: 'too-big' },
    });
  });

  it('cannot reach the prototype of anything', () => {
    const decoded = decodeLink(
      pack('{"p":"fifo","d":{"__proto__":{"polluted":[1]},"constructor":{"prototype":{"polluted":[1]}}},"c":{"__proto__":"x"}}'),
    );
    if (!decoded.ok) throw new Error(decoded.problem.message);
    const resolved = resolveLink(decoded.content, PRESET);
    expect(resolved.ok).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('cannot ask for more than a page computes', () => {
    const of = (over: Record<string, Json>, sources: Record<string, string> = {}): string => {
      const scenario = { ...(PRESET as Record<string, Json>), ...over };
      const decoded = decodeLink(encodeLink({ preset: null, scenario, sources, view: {} }, null));
      if (!decoded.ok) return decoded.problem.message;
      const resolved = resolveLink(decoded.content, null);
      return resolved.ok ? 'ok' : resolved.problem.message;
    };
    expect(of({ duration: '60s' })).toBe('ok');
    expect(of({ duration: '61s' })).toContain('61s of simulated time');
    expect(of({ flows: Array.from({ length: 65 }, () => 0) })).toContain('65 flows');
    expect(of({}, { main: 'x'.repeat(65_537) })).toContain('65537 characters');
    expect(of({ programs: { main: { source: 'y'.repeat(70_000) } } })).toContain('70000 characters');
  });

  it('hold no deep nesting', () => {
    expect(decodeLink(pack(`{"d":${'['.repeat(5000)}${']'.repeat(5000)}}`))).toMatchObject({
      ok: false,
      problem: { code: 'malformed' },
    });
  });

  it('use the frozen dictionary', () => {
    expect(new Digest().bytes(DICTIONARY_1).hex()).toMatchInlineSnapshot(`"1e8f3a7e5e9780cf"`);
  });
});
