// `npm start`: installs what is missing, builds the page and serves it at a printed address.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';

const PORT = Number(process.env.PORT ?? 4173);
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.ttf': 'font/ttf',
  '.c': 'text/plain; charset=utf-8',
  '.o': 'application/octet-stream',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
};

ensureInstalled();
const build = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
if (build.status !== 0) process.exit(build.status ?? 1);

const dist = join(root, 'dist');
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  let path = normalize(join(dist, decodeURIComponent(pathname)));
  if (path.startsWith(dist) && existsSync(path) && statSync(path).isDirectory()) path = join(path, 'index.html');
  if (!path.startsWith(dist) || !existsSync(path)) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'referrer-policy': 'no-referrer',
  });
  createReadStream(path).pipe(response);
});
server.on('error', (error) => {
  process.stderr.write(`cannot serve on port ${PORT}: ${error.message}. Choose another: PORT=8080 npm start\n`);
  process.exit(1);
});
server.listen(PORT, () => process.stdout.write(`The Qdisc Playground is at http://localhost:${PORT}/  (Ctrl+C ends it)\n`));
