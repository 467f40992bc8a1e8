// The debugger, driven on the built page: stepping both ways, into a call, breakpoints, watches.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../src/ui/store/test-hook.ts';
import { openSite, type Site, type Visit, visit } from './page.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => site.close());

type Page = Visit['page'];

const textOf = async (page: Page, id: string): Promise<string> => (await page.getByTestId(id).textContent()) ?? '';
const place = (page: Page): Promise<string> => textOf(page, 'step-place');
const line = async (page: Page): Promise<number> => Number.parseInt(await textOf(page, 'step-line'), 10);
/** Presses a key and waits until the debugger stands somewhere else. */
async function press(page: Page, key: string): Promise<void> {
  const before = await place(page);
  await page.keyboard.press(key);
  await page.waitForFunction((old) => document.querySelector('[data-testid=step-place]')?.textContent !== old, before, {
    timeout: 10_000,
  });
}

async function openDebugger(page: Page): Promise<void> {
  await page.waitForFunction(() => window.__playground?.complete() === true, null, { timeout: 30_000 });
  await page.getByRole('tab', { name: 'Step' }).click();
  await page.getByTestId('step-next').click();
  await page.getByTestId('step-pane').waitFor();
}

describe('stepping', () => {
  it('goes through a program line by line and back, with registers', async () => {
    const { page, complaints, context } = await visit(site);
    await openDebugger(page);
    expect(await place(page)).toMatch(/^insn 1 of \d+/);
    const lines = [await line(page)];
    for (let i = 0; i < 3; i++) {
      await press(page, 'F10');
      lines.push(await line(page));
    }
    expect(new Set(lines).size).toBe(4);
    expect(await page.locator('.registers tr').count()).toBe(11);
    expect(await page.locator('.registers .changed').count()).toBeGreaterThan(0);
    for (const expected of lines.slice(0, 3).reverse()) {
      await press(page, 'Shift+F10');
      expect(await line(page)).toBe(expected);
    }
    expect(await place(page)).toMatch(/^insn 1 of \d+/);
    // One clock: the mark in the editor goes when time goes on, and comes back with the next step.
    await page.locator('.monaco-editor .step-here').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.monaco-editor .step-here').waitFor({ state: 'detached' });
    await press(page, 'F10');
    await page.locator('.monaco-editor .step-here').waitFor();
    await press(page, 'Shift+F10');
    await press(page, 'Shift+F10');
    expect(await place(page)).not.toMatch(/^insn 1 of/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows local variables, which get their values and change', async () => {
    const { page, complaints, context } = await visit(site);
    await openDebugger(page);
    const locals = page.getByTestId('step-locals');
    await locals.getByRole('row').first().waitFor();
    const read = async (): Promise<Map<string, string>> =>
      new Map(
        await locals
          .locator('details[open] tr')
          .evaluateAll((rows) =>
            rows.map((row): [string, string] => [
              row.querySelector('th')?.textContent ?? '',
              row.querySelector('td')?.textContent ?? '',
            ]),
          ),
      );
    expect((await read()).get('ctx')).toMatch(/→ the context$/);
    const values = new Map<string, Set<string>>();
    let marked = 0;
    for (let i = 0; i < 40; i++) {
      await press(page, 'F10');
      await locals.getByRole('row').first().waitFor();
      for (const [name, value] of await read()) values.set(name, (values.get(name) ?? new Set()).add(value));
      marked += await locals.locator('.changed').count();
    }
    expect([...values.values()].some((seen) => seen.size > 1)).toBe(true);
    expect([...values.values()].flatMap((seen) => [...seen]).some((value) => /^(-?\d+|0x[0-9a-f]+ → .*)$/.test(value))).toBe(
      true,
    );
    expect(marked).toBeGreaterThan(0);
    await page.getByLabel('Expression to watch').fill('ctx->skb');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /packet #\d+|NULL/.test(document.querySelector('.watches dd')?.textContent ?? ''));
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('stops at breakpoints in both directions, and watches memory', async () => {
    const { page, complaints, context } = await visit(site);
    await openDebugger(page);
    await press(page, 'F10');
    const wanted = await line(page);
    await page.getByTestId('monaco').waitFor();
    await page
      .locator('.monaco-editor .line-numbers')
      .filter({ hasText: new RegExp(`^${wanted}$`) })
      .click();
    await page.locator('.monaco-editor .breakpoint').waitFor();
    const first = await place(page);
    await page
      .getByRole('button', { name: 'on to the next breakpoint' })
      .or(page.getByTitle('On to the next breakpoint (F5)'))
      .click();
    await page.waitForFunction((old) => document.querySelector('[data-testid=step-place]')?.textContent !== old, first);
    expect(await line(page)).toBe(wanted);
    await page.getByTitle('Back to the previous breakpoint (Shift+F5)').click();
    await page.waitForFunction((old) => document.querySelector('[data-testid=step-place]')?.textContent === old, first);
    await page.getByLabel('Expression to watch').fill('*r10-8:8');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => / = \d+$/.test(document.querySelector('.watches dd')?.textContent ?? ''));
    expect(complaints).toEqual([]);
    await context.close();
  });
});
