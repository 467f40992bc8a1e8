#!/usr/bin/env node
// Starts the command line: bundles it first when its sources have changed.

import { pathToFileURL } from 'node:url';
import { buildCli } from '../scripts/build-cli.mjs';

const { main } = await import(pathToFileURL(await buildCli()).href);
process.exitCode = await main(process.argv.slice(2));
