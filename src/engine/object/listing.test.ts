// Names in listings: helpers, maps, variables and functions instead of their numbers.

import { describe, expect, it } from 'vitest';
import { gallerySource } from '../../../tests/gallery.ts';
import { prepareObject } from '../build.ts';
import { compile } from '../compiler/compile.ts';
import { listing } from './listing.ts';

function listingsOf(name: string): Record<string, string[]> {
  const { object } = compile({ path: `${name}.bpf.c`, text: gallerySource(name) }, { profile: null, optimise: 2, cpu: 'v3' });
  if (object === null) throw new Error(`${name} does not compile`);
  const { programs } = prepareObject(object, { profile: null, quirks: [], set: {} });
  return Object.fromEntries(programs.map(({ linked }) => [linked.section, listing(linked)]));
}

describe('listings', () => {
  it('name helpers, maps and variables', () => {
    const { 'qdisc/enqueue': enqueue = [] } = listingsOf('shortest');
    expect(enqueue).toContain('r1 = map[queue]');
    expect(enqueue).toContain('call bpf_skb_map_push#2001');
    expect(enqueue.some((line) => /^r\d = &arrivals$/.test(line))).toBe(true);
    expect(enqueue.filter((line) => line === '').length).toBeGreaterThan(0);
  });

  it('name the functions of the program, called or given as callbacks', () => {
    const { 'qdisc/dequeue': dequeue = [] } = listingsOf('fq_codel');
    expect(dequeue.some((line) => /^r\d = &[a-z_]+$/.test(line))).toBe(true);
    expect(dequeue.some((line) => /^call [a-z_]+(#\d+)?$/.test(line))).toBe(true);
  });
});
