// The command line as a script sees it: output, exit status, agreement with the engine.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'qdisc-'));
afterAll(() => rmSync(folder, { recursive: true }));
spawnSync(process.execPath, ['scripts/build-cli.mjs']);

function qdisc(args: readonly string[], input = ''): { status: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, ['bin/qdisc.mjs', ...args], { encoding: 'utf8', input });
  return { status: run.status, out: run.stdout, err: run.stderr };
}
const json = (args: readonly string[]): Record<string, unknown>[] =>
  qdisc([...args, '--json'])
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('qdisc', () => {
  it('lists, compiles, verifies and writes objects that verify alike', () => {
    expect(json(['list']).filter((row) => row.kind === 'program').length).toBeGreaterThanOrEqual(7);
    const object = join(folder, 'fifo.o');
    expect(qdisc(['compile', 'fifo', '-o', object]).status).toBe(0);
    expect(readFileSync(object).subarray(1, 4).toString()).toBe('ELF');
    const fromSource = json(['verify', 'fifo']).map(({ program, verdict, processed }) => ({ program, verdict, processed }));
    const fromObject = json(['verify', object]).map(({ program, verdict, processed }) => ({ program, verdict, processed }));
    expect(fromSource).toEqual(fromObject);
    expect(fromSource.filter((row) => row.program !== null).map((row) => row.verdict)).toEqual(['accept', 'accept']);
  });

  it('answers a rejection with status 1, the kernel’s words and the C line', () => {
    const rows = json(['verify', 'tests/corpus/wrong/null-dereference.c']);
    expect(rows.find((row) => row.verdict === 'reject')).toMatchObject({
      verdict: 'reject',
      errno: 13,
      message: "R0 invalid mem access 'map_value_or_null'",
      line: 22,
    });
    expect(qdisc(['verify', 'tests/corpus/wrong/null-dereference.c']).status).toBe(1);
    expect(qdisc(['compile', 'tests/corpus/wrong/undeclared.c']).status).toBe(1);
  });

  it('runs a scenario with every flag it has, and the log does not depend on slices or engine', () => {
    const [base] = json(['run', 'prio', '--check']);
    for (const more of [
      ['--slices', '7'],
      ['--engine', 'interpreter'],
    ])
      expect(json(['run', 'prio', ...more])[0]?.digest).toBe(base?.digest);
    expect(json(['run', 'prio', '--seed', '9'])[0]?.digest).not.toBe(base?.digest);
    const packets = base?.packets as Record<string, number>;
    const terms = ['sent', 'dropped', 'consumed', 'queued', 'held', 'in_flight', 'leaked'].map(
      (term) => packets[term] ?? Number.NaN,
    );
    expect(terms.reduce((sum, value) => sum + value, 0)).toBe(packets.offered);
    const [knob] = json([
      'run',
      'prio',
      '--set',
      'band_limit=2',
      '--until',
      '500ms',
      '--csv',
      folder,
      '--trace',
      join(folder, 'log.jsonl'),
    ]);
    const held = (knob?.packets ?? {}) as Record<string, number>;
    expect(held.queued).toBeLessThanOrEqual(8);
    expect(readFileSync(join(folder, 'packets.csv'), 'utf8').split('\n')[0]).toBe(
      'packet,flow,bytes,arrival_ns,dequeued_ns,end_ns,fate',
    );
    expect(readFileSync(join(folder, 'log.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(1000);
  });

  it('shares and opens', () => {
    const link = qdisc(['share', 'wrr', '--base', 'https://example.org/q/']).out.trim();
    expect(link).toMatch(/^https:\/\/example\.org\/q\/#1D/);
    expect(link.length).toBeLessThanOrEqual(120);
    expect(JSON.parse(qdisc(['open', link]).out)).toEqual(JSON.parse(readFileSync('public/gallery/wrr.scenario.json', 'utf8')));
    expect(qdisc(['open', link.slice(0, -3)])).toMatchObject({ status: 2, err: expect.stringContaining('This link was cut') });
  });

  it('checks scenarios, naming path and line', () => {
    const path = write('bad.json', readFileSync('public/gallery/fifo.scenario.json', 'utf8').replace('"10mbit"', '"fast"'));
    const result = qdisc(['check', path]);
    expect(result).toMatchObject({
      status: 1,
      out: expect.stringMatching(/bad\.json:\d+: devices\.0\.rate: a rate, such as "10mbit"/),
    });
    expect(qdisc(['check', 'fifo']).status).toBe(0);
  });

  it('publishes the JSON Schema of scenarios', () => {
    const schema = JSON.parse(qdisc(['schema']).out) as {
      required: string[];
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(
      expect.arrayContaining(['version', 'title', 'seed', 'duration', 'programs', 'devices', 'tc', 'flows']),
    );
    expect(Object.keys(schema.properties)).toContain('view');
  });

  it('runs C functions and bytecode on both engines', () => {
    const path = write(
      'answer.c',
      'unsigned long long test(void) { unsigned long long x = 1; for (int i = 0; i < 20; i++) x = x * 3 + i; return x; }\n',
    );
    const rows = json(['eval', path, '--engine', 'both']);
    let wanted = 1n;
    for (let i = 0n; i < 20n; i++) wanted = wanted * 3n + i;
    expect(rows.map((row) => row.value)).toEqual([wanted.toString(), wanted.toString()]);
    const cases = write(
      'cases.json',
      JSON.stringify([{ name: 'one', code: 'b700000001000000 9500000000000000'.replace(' ', ''), mem: '' }]),
    );
    expect(json(['exec', '--batch', cases, '--engine', 'both']).map((row) => row.r0)).toEqual(['1', '1']);
  });

  it.each([
    [['frobnicate'], /unknown command/],
    [['run', 'no-such-scenario'], /cannot read no-such-scenario/],
    [['run', 'fifo', '--until', 'soon'], /duration|time/],
    [['run', 'fifo', '--set', 'no_such_knob=1'], /no knob/],
    [['compile', 'fifo', '-O', '7'], /-O takes 0, 1 or 2/],
    [['replay', 'x.json.gz'], /cannot read/],
    [['sweep', 'fifo'], /not available yet/],
  ])('%j is answered in words and not with status 0', (args, words) => {
    const { status, err, out } = qdisc(args);
    expect(status).toBeGreaterThan(0);
    expect(err + out).toMatch(words);
    expect(err).not.toMatch(/at .*\.mjs:\d+/);
  });
});
