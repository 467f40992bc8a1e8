// Takes the README's picture from the real, built page: `node scripts/picture.mjs` after `npm run build`.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './ensure-installed.mjs';
import { findChromium } from './find-chromium.mjs';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.ttf': 'font/ttf',
};
const dist = join(root, 'dist');
const server = createServer((request, response) => {
  let path = join(dist, decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  if (existsSync(path) && statSync(path).isDirectory()) path = join(path, 'index.html');
  if (!existsSync(path)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
  createReadStream(path).pipe(response);
});
await new Promise((resolve) => server.listen(0, resolve));
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
await page.goto(`http://localhost:${server.address().port}/`);
await page.waitForFunction(() => window.__playground?.complete() === true);
await page.getByTestId('monaco').waitFor();
await page.evaluate(() => window.__playground.setCursor(620));
await page.waitForTimeout(1500);
await page.screenshot({ path: join(root, 'docs', 'picture.png') });
await browser.close();
server.close();
