// Writing in the editor, as a person does it: members are offered behind an arrow, a macro is explained, a definition leads into a
// bundled header and back, a name is renamed everywhere and a wrong new name is refused with its reason.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../src/ui/store/test-hook.ts';
import { openSite, type Site, type Visit, visit } from './page.ts';

const PROGRAM = `#include <qdisc/v4.h>
#define LIMIT 96
#define KEY(skb) ((__u64)(skb)->len << 32)
struct { __uint(type, BPF_MAP_TYPE_SKBMAP); __uint(max_entries, LIMIT); __type(key, __u64); } queue SEC(".maps");
SEC("qdisc/enqueue")
int in(struct sch_bpf_ctx *ctx)
{
	__u64 key = KEY(ctx->skb);

	if (bpf_skb_map_push(&queue, ctx->skb, key))
		return SCH_BPF_DROP;
	return SCH_BPF_QUEUED;
}
`;

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => site.close());

type Page = Visit['page'];

/** Opens the page with the program in the editor. */
async function editorWith(text: string): Promise<Visit> {
  const opened = await visit(site);
  const { page, context } = opened;
  await page.waitForFunction(() => window.__playground?.complete() === true, null, { timeout: 30_000 });
  await page.getByTestId('monaco').waitFor();
  await page.locator('.monaco-editor .view-lines').first().click();
  await page.keyboard.press('Control+A');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press('Control+V');
  await page.keyboard.press('Control+Home');
  return opened;
}

/** Puts the cursor into the first occurrence of a text in the program, `into` characters behind its start. */
async function goTo(page: Page, text: string, into: number): Promise<void> {
  const at = PROGRAM.indexOf(text) + into;
  const before = PROGRAM.slice(0, at).split('\n');
  await page.keyboard.press('Control+Home');
  for (let line = 1; line < before.length; line++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  // Home stops behind the indent; what is left to go are the characters from there.
  const line = before.at(-1) ?? '';
  for (let column = line.length - line.trimStart().length; column < line.length; column++)
    await page.keyboard.press('ArrowRight');
}

/** The program as the editor has it. */
async function textOf(page: Page): Promise<string> {
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+C');
  return (await page.evaluate(() => navigator.clipboard.readText())).replaceAll('\r', '');
}

/** Waits for a text; the editor writes spaces of code as no-break spaces. */
const shown = (page: Page, selector: string, text: string) =>
  page.waitForFunction(
    ([where, wanted]) =>
      [...document.querySelectorAll(where)].some((found) => found.textContent?.replaceAll('\u00a0', ' ').includes(wanted)),
    [selector, text] as const,
    { timeout: 15_000 },
  );

/** Asks for a renaming at the cursor and types the new name over the old one, which is selected. */
async function nameAnew(page: Page, name: string): Promise<void> {
  await page.keyboard.press('F2');
  await page.waitForFunction(() => document.activeElement?.closest('.rename-box') != null, null, { timeout: 15_000 });
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
}

describe('writing a program', () => {
  it('offers the members of a struct, puts the chosen one in, and shows the signature of a helper', async () => {
    const { page, complaints, context } = await editorWith(PROGRAM);
    await goTo(page, 'if (bpf_skb', 0);
    await page.keyboard.type('ctx->skb->');
    await shown(page, '.suggest-widget.visible', 'pkt_type');
    await page.keyboard.type('wire');
    await page.waitForFunction(() => document.querySelectorAll('.suggest-widget.visible .monaco-list-row').length === 1);
    await page.keyboard.press('Enter');
    expect(await textOf(page)).toContain('\tctx->skb->wire_lenif (bpf_skb_map_push');
    await page.keyboard.press('Control+Z');
    await page.keyboard.press('ArrowRight');
    await goTo(page, 'return SCH_BPF_DROP', 0);
    await page.keyboard.type('bpf_map_update_elem(&queue, ');
    await shown(page, '.parameter-hints-widget.visible', 'long bpf_map_update_elem(void *map, const void *key');
    expect(await page.locator('.parameter-hints-widget .parameter.active').first().textContent()).toBe('const void *key');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('explains a macro and what it becomes where the pointer is', async () => {
    const { page, context } = await editorWith(PROGRAM);
    await page
      .locator('.view-line')
      .filter({ hasText: '__u64 key = KEY' })
      .locator('span span', { hasText: /^KEY$/ })
      .first()
      .hover();
    await shown(page, '.monaco-hover', '((__u64)(ctx->skb)->len << 32)');
    await context.close();
  });

  it('goes to a definition in a bundled header, read-only, and back with Escape', async () => {
    const { page, complaints, context } = await editorWith(PROGRAM);
    await goTo(page, 'SCH_BPF_QUEUED', 4);
    await page.keyboard.press('F12');
    const header = page.getByTestId('header-view');
    await header.waitFor({ timeout: 15_000 });
    expect(await header.getByText('<qdisc/types-v4.h>').count()).toBe(1);
    await shown(page, '[data-testid=header-view] .view-line', 'SCH_BPF_QUEUED');
    await page.keyboard.type('x');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await header.waitFor({ state: 'detached' });
    expect(await textOf(page)).toBe(PROGRAM);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('renames a name at all its places, and says why a new name will not do', async () => {
    const { page, context } = await editorWith(PROGRAM);
    await goTo(page, 'queue SEC', 2);
    await nameAnew(page, 'waiting');
    await shown(page, '.view-lines', '&waiting,');
    expect(await textOf(page)).toBe(PROGRAM.replace('} queue', '} waiting').replace('&queue', '&waiting'));
    await goTo(page, '__u64 key =', 8);
    await nameAnew(page, 'while');
    await shown(page, '.monaco-editor-overlaymessage', "'while' is a keyword.");
    await context.close();
  });
});
