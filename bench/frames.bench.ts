// Frames: a tree of 2,000 packets, playing, in headless Chromium on the built page (dist/). Counts frames drawn with rings and edges, and the script time of each.

import { readFileSync } from 'node:fs';
import { openSite, visit } from '../tests/browser/page.ts';

/** A scenario whose skb map holds 2,000 packets, with about twenty tree changes a second of watching. */
const SCENARIO = {
  version: 1,
  title: '2,000 packets',
  seed: 1,
  duration: '2s',
  programs: {
    main: { source: readFileSync('public/gallery/shortest.bpf.c', 'utf8').replace('max_entries, 96', 'max_entries, 2048') },
  },
  devices: [{ name: 'eth0', rate: '1mbit' }],
  tc: ['qdisc add dev eth0 root handle 1: bpf obj main'],
  flows: [
    { name: 'fill', kind: 'burst', count: 2000, interval: '10s', size: ['214b', '590b', '1014b', '1514b'] },
    { name: 'more', kind: 'constant', rate: '1mbit', size: '614b', start: '5ms' },
  ],
  view: { t: '200ms', speed: 50_000_000 },
};

export async function run(): Promise<Record<string, unknown>> {
  const site = await openSite();
  const { page } = await visit(site);
  await page.waitForFunction(() => window.__playground?.complete() === true, null, { timeout: 30_000 });
  await page.getByTestId('preset-menu').click();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'big.scenario.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(SCENARIO)) });
  await page.waitForFunction(
    () => (window.__playground?.scene().queued ?? 0) > 1500 && window.__playground?.complete() === true,
    null,
    { timeout: 30_000 },
  );
  await page.getByTestId('watch').click();
  await page.evaluate(() => window.__playground?.resetFrameStats());
  await page.keyboard.press('Space');
  await page.waitForTimeout(6000);
  await page.keyboard.press('Space');
  const stats = await page.evaluate(() => window.__playground?.frameStats());
  const queued = await page.evaluate(() => window.__playground?.scene().queued ?? 0);
  await site.close();
  return { name: 'frames', queued, ...stats };
}
