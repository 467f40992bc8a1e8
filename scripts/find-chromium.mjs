// Finds a Chromium for browser tests: the one the environment names, one on the machine, else Debian's package when root.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const onMachine = () => [process.env.CHROMIUM, ...PLACES].find((path) => path !== undefined && existsSync(path)) ?? null;

/** Path of a Chromium, installed if need be; exits with a message that names the choices when there is none to be had. */
export function findChromium() {
  const found = onMachine();
  if (found !== null) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stdout.write('Installing Chromium from the distribution …\n');
    const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet);
    const installed = onMachine();
    if (installed !== null) return installed;
  }
  process.stderr.write(
    'The browser tests need Chromium. Install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chromium npm test\n',
  );
  process.exit(1);
}
