// The story of a first-time visitor, driven by keyboard and mouse on the built page with its real worker, under a sub-path and
// with its content security policy.

import AxeBuilder from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExperiment, Recorder } from '../../src/engine/index.ts';
import type {} from '../../src/ui/store/test-hook.ts';
import { GALLERY_SCENARIOS, galleryPrograms, galleryScenario, gallerySource } from '../gallery.ts';
import { openSite, type Site, type Visit, visit } from './page.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => site.close());

const settled = (page: Visit['page']) =>
  page.waitForFunction(() => window.__playground?.complete() === true, null, { timeout: 30_000 });
/** Waits for the finished run of another program than the one with digest `old`. */
const another = (page: Visit['page'], old: string | null) =>
  page.waitForFunction((before) => ![null, undefined, before].includes(window.__playground?.digest()), old, { timeout: 20_000 });
const cursor = (page: Visit['page']) => page.evaluate(() => window.__playground?.cursor() ?? null);
const digest = (page: Visit['page']) => page.evaluate(() => window.__playground?.digest() ?? null);

/** Digest of a gallery scenario's whole log, computed here in Node from source. */
async function digestInNode(id: string): Promise<string> {
  const scenario = galleryScenario(id);
  const result = createExperiment(scenario, await galleryPrograms(scenario), new Recorder(null));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  while (result.experiment.step());
  return result.experiment.recorder.digestHex();
}

/** Replaces the whole text of the editor, by pasting. */
async function typeProgram(page: Visit['page'], text: string): Promise<void> {
  await page.getByTestId('monaco').waitFor();
  await page.locator('.monaco-editor .view-lines').first().click();
  await page.keyboard.press('Control+A');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press('Control+V');
}

describe('a first visit', () => {
  it('opens on a paused preset with a sentence, plays on Space, steps both ways, seeks, and complains of nothing', async () => {
    const { page, complaints, context } = await visit(site);
    await settled(page);
    const opened = await cursor(page);
    expect(opened?.playing).toBe(false);
    expect(opened?.t).toBeGreaterThan(0);
    expect(await page.getByTestId('watch').textContent()).toContain('Press Space');
    await page.getByRole('region', { name: 'Scene' }).getByTestId('watch').click();
    await page.keyboard.press('Space');
    await page.waitForFunction((before) => (window.__playground?.cursor().t ?? 0) > before, opened?.t ?? 0);
    expect((await cursor(page))?.playing).toBe(true);
    await page.keyboard.press('Space');
    expect((await cursor(page))?.playing).toBe(false);
    await page.evaluate(() => window.__playground?.setCursor(100));
    const at = (await cursor(page))?.position;
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => window.__playground?.cursor().step === 101, null, { timeout: 10_000 });
    expect((await cursor(page))?.position).toBeGreaterThan(at ?? 0);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((position) => window.__playground?.cursor().position === position, at ?? 0, { timeout: 10_000 });
    const beforeClick = (await cursor(page))?.t;
    const timeline = page.getByTestId('timeline').locator('canvas').first();
    const box = await timeline.boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.75, (box?.y ?? 0) + 12);
    await page.waitForFunction((before) => window.__playground?.cursor().t !== before, beforeClick);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(GALLERY_SCENARIOS.map((scenario) => scenario.id))('shows %s with the log that Node computes', async (id) => {
    const { page, complaints, context } = await visit(site);
    await settled(page);
    await page.getByTestId('preset-menu').click();
    await page.getByTestId(`preset-${id}`).click();
    await page.waitForFunction((title) => document.body.textContent?.includes(title), galleryScenario(id).title);
    const wanted = await digestInNode(id);
    await page.waitForFunction((value) => window.__playground?.digest() === value, wanted, { timeout: 30_000 });
    expect(await digest(page)).toBe(wanted);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe('changing the program', () => {
  it('squiggles a mistake at its line, keeps the last good run, and runs the mended program', async () => {
    const { page, complaints, context } = await visit(site);
    await settled(page);
    const before = await digest(page);
    const source = gallerySource('shortest');
    await typeProgram(page, source.replace('arrivals++;', 'arivals++;'));
    await page.getByTestId('problem').first().waitFor({ timeout: 15_000 });
    expect(await page.getByTestId('problem').first().textContent()).toMatch(/arivals/);
    expect(await digest(page)).toBe(before);
    await typeProgram(
      page,
      source.replace('return SCH_BPF_QUEUED;', 'bpf_printk("arrival %u", arrivals);\n\treturn SCH_BPF_QUEUED;'),
    );
    await another(page, before);
    expect(await page.getByTestId('problem').count()).toBe(0);
    await page.getByTestId('tab-console').click();
    await page
      .getByTestId('console')
      .getByText(/arrival \d+/)
      .first()
      .waitFor({ timeout: 10_000 });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows a verifier rejection at the line of the null dereference', async () => {
    const { page, context } = await visit(site);
    await settled(page);
    const source = gallerySource('tbf').replace('if (!length || tail - head >= SLOTS)', 'if (tail - head >= SLOTS)');
    await typeProgram(page, source);
    const line = source.split('\n').findIndex((text) => text.includes('*length = ctx->skb->len;')) + 1;
    await page
      .getByTestId('problem')
      .filter({ hasText: String(line) })
      .first()
      .waitFor({ timeout: 15_000 });
    await context.close();
  });
});

/** Longest time the page took to answer over two seconds, ms. */
async function slowestAnswer(page: Visit['page']): Promise<number> {
  let slowest = 0;
  for (const until = Date.now() + 2000; Date.now() < until; ) {
    const asked = performance.now();
    await page.evaluate(() => document.title);
    slowest = Math.max(slowest, performance.now() - asked);
    await page.waitForTimeout(20);
  }
  return slowest;
}

describe('hostile programs', () => {
  const burn = `\tfor (__u32 i = 0; i < 900000; i++)\n\t\tbarrier();\n`;
  it.each([
    ['burns its whole budget on every packet', gallerySource('shortest').replace('\t__u64 key = ((', `${burn}\t__u64 key = ((`)],
    ['returns CONTINUE for ever', gallerySource('shortest').replace('return SCH_BPF_OK;\n}', 'return SCH_BPF_CONTINUE;\n}')],
    [
      'asks to be called again at once, for ever',
      gallerySource('edt').replace('ctx->delay = departure - now;', 'ctx->delay = 0;'),
    ],
    ['is 10 MB long', `${gallerySource('shortest')}\n${'/* padding padding padding */\n'.repeat(350_000)}`],
  ])('the page answers while a program %s, and runs the next one', async (_, hostile) => {
    const { page, context } = await visit(site);
    await settled(page);
    const before = await digest(page);
    await typeProgram(page, hostile);
    await page.waitForTimeout(300);
    expect(await slowestAnswer(page)).toBeLessThan(1000);
    await typeProgram(page, gallerySource('shortest').replace('max_entries, 96', 'max_entries, 40'));
    await another(page, before);
    await context.close();
  });
});

describe('a link', () => {
  it('opens on the same moment elsewhere, as a draft, and a cut one is explained', async () => {
    const author = await visit(site);
    await settled(author.page);
    const unedited = await digest(author.page);
    await typeProgram(author.page, gallerySource('shortest').replace('max_entries, 96', 'max_entries, 48'));
    await another(author.page, unedited);
    await author.page.evaluate(() => window.__playground?.setCursor(777));
    await author.page.getByTestId('share').click();
    await author.page.waitForFunction(
      () => (document.querySelector<HTMLInputElement>('[data-testid=share-link]')?.value ?? '') !== '',
    );
    const link = await author.page.getByTestId('share-link').inputValue();
    const [authorDigest, authorCursor] = [await digest(author.page), await cursor(author.page)];
    await author.context.close();

    const fragment = link.slice(link.indexOf('#'));
    const reader = await visit(site, fragment);
    await settled(reader.page);
    await reader.page.waitForFunction((value) => window.__playground?.digest() === value, authorDigest, { timeout: 20_000 });
    const opened = await cursor(reader.page);
    expect(opened).toMatchObject({ position: authorCursor?.position, step: authorCursor?.step, playing: false });
    await reader.page.getByTestId('banner').waitFor();
    expect(reader.complaints).toEqual([]);
    await reader.context.close();

    const cut = await visit(site, fragment.slice(0, Math.floor(fragment.length / 2)));
    await cut.page.getByText('This link was cut', { exact: false }).first().waitFor({ timeout: 10_000 });
    await cut.context.close();
  });
});

describe('accessibility', () => {
  it.each(['dark', 'light'] as const)('axe finds no serious fault in the %s theme', async (colorScheme) => {
    const { page, context } = await visit(site, '', { colorScheme });
    await settled(page);
    await page.getByTestId('monaco').waitFor();
    const { violations } = await new AxeBuilder({ page }).exclude('.monaco-editor').analyze();
    expect(
      violations
        .filter((item) => item.impact === 'serious' || item.impact === 'critical')
        .map((item) => `${item.id}: ${item.nodes[0]?.html}`),
    ).toEqual([]);
    await context.close();
  });
});
