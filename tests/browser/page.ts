// Serves dist/ from a sub-path and opens it in headless Chromium; collects what the console and the content security policy complain of.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where the page is served: not at the root, as on many static hosts. */
export const SUB_PATH = '/some/where/';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.ttf': 'font/ttf',
};
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Site {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

function serve(): Promise<Server> {
  const dist = normalize(process.env.DIST ?? join(process.cwd(), 'dist'));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    let path = normalize(join(dist, decodeURIComponent(pathname.replace(SUB_PATH, '/'))));
    if (pathname.startsWith(SUB_PATH) && path.startsWith(dist) && existsSync(path)) {
      if (statSync(path).isDirectory()) path = join(path, 'index.html');
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      createReadStream(path).pipe(response);
    } else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Starts server and browser. */
export async function openSite(): Promise<Site> {
  const server = await serve();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${SUB_PATH}`,
    browser,
    close: async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and policy violations seen so far. */
  readonly complaints: string[];
}

/** A first-time visitor: a clean profile at the given address. */
export async function visit(site: Site, address = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Visit> {
  const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) => complaints.push(`request: ${request.url()}`));
  await page.goto(site.url + address);
  return { context, page, complaints };
}
