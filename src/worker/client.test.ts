// The page's side of the worker against workers that answer, hang and fail, each a message channel with a service behind it.

import { expose } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LanguageAnswer, LanguageQuestion } from '../engine/index.ts';
import type { BuildReport, EngineMessage, StartResult } from './api.ts';
import { EngineClient, EngineLost, SILENCE_LIMIT } from './client.ts';

/** A service whose `build` of "hang" never ends, as a program that keeps the thread busy would. */
class FakeService {
  connect(port: MessagePort): void {
    port.postMessage({ type: 'status', runId: 1, state: 'done', t: 0, records: 0, steps: 0, digest: null, message: null });
  }
  build(request: { source: string; revision: number }): Promise<Partial<BuildReport>> {
    return request.source === 'hang' ? new Promise(() => {}) : Promise.resolve({ revision: request.revision, ok: true });
  }
  language(about: { text: string }, question: LanguageQuestion): Promise<Partial<LanguageAnswer>> {
    return about.text === 'hang' ? new Promise(() => {}) : Promise.resolve({ kind: question.kind });
  }
  start(): Promise<Partial<StartResult>> {
    return Promise.resolve({ ok: false });
  }
  stop(): Promise<void> {
    return FakeWorker.stopHangs ? new Promise(() => {}) : Promise.resolve();
  }
}

class FakeWorker {
  static made: FakeWorker[] = [];
  static stopHangs = false;
  terminated = false;
  onerror: ((event: { message: string; defaultPrevented: boolean }) => void) | null = null;
  private readonly channel = new MessageChannel();

  constructor() {
    FakeWorker.made.push(this);
    expose(new FakeService(), this.channel.port2);
    this.channel.port1.start();
  }
  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.channel.port1.postMessage(message, transfer);
  }
  addEventListener(name: 'message', listener: (event: MessageEvent) => void): void {
    this.channel.port1.addEventListener(name, listener);
  }
  removeEventListener(name: 'message', listener: (event: MessageEvent) => void): void {
    this.channel.port1.removeEventListener(name, listener);
  }
  terminate(): void {
    this.terminated = true;
    this.channel.port1.close();
    this.channel.port2.close();
  }
}

const request = (source: string) => ({ revision: 1, path: 'a.bpf.c', source, profile: null });

describe('engine client', () => {
  let messages: EngineMessage[] = [];
  let reasons: string[] = [];
  let client: EngineClient;

  beforeEach(() => {
    vi.stubGlobal('Worker', FakeWorker);
    FakeWorker.made = [];
    FakeWorker.stopHangs = false;
    messages = [];
    reasons = [];
    client = new EngineClient({ onMessage: (message) => messages.push(message), onReplaced: (reason) => reasons.push(reason) });
  });
  afterEach(() => {
    for (const worker of FakeWorker.made) worker.terminate();
    vi.unstubAllGlobals();
  });

  it('asks and is answered, and hears what comes over the port', async () => {
    expect(await client.build(request('int x;'))).toMatchObject({ revision: 1, ok: true });
    await vi.waitFor(() => expect(messages).toMatchObject([{ type: 'status', state: 'done' }]));
    expect(reasons).toEqual([]);
  });

  it('replaces a worker that says nothing, and the next answers', async () => {
    await client.build(request('int x;'));
    const begun = performance.now();
    await expect(client.build(request('hang'))).rejects.toBeInstanceOf(EngineLost);
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThanOrEqual(SILENCE_LIMIT - 50);
    expect(waited).toBeLessThan(SILENCE_LIMIT + 1500);
    expect(FakeWorker.made.map((worker) => worker.terminated)).toEqual([true, false]);
    expect(reasons).toHaveLength(1);
    expect(await client.build(request('int x;'))).toMatchObject({ ok: true });
  });

  it('stops within a tenth of a second, by force when asking does not help', async () => {
    await client.build(request('int x;'));
    FakeWorker.stopHangs = true;
    client.warmSpare();
    const begun = performance.now();
    const lost = expect(client.build(request('hang'))).rejects.toBeInstanceOf(EngineLost);
    await client.stop();
    expect(performance.now() - begun).toBeLessThan(150);
    await lost;
    expect(FakeWorker.made[0]?.terminated).toBe(true);
    expect(reasons).toEqual(['stopped']);
  });

  it('answers about language while a build keeps the current worker busy, and says when it cannot', async () => {
    const about = { path: 'a.bpf.c', text: 'int x;', profile: null };
    const build = client.build(request('hang')).catch(() => null);
    expect(await client.language(about, { kind: 'outline' })).toMatchObject({ kind: 'outline' });
    const lost = expect(client.language({ ...about, text: 'hang' }, { kind: 'outline' })).rejects.toBeInstanceOf(EngineLost);
    FakeWorker.made.at(-1)?.onerror?.({ message: '', defaultPrevented: false });
    await lost;
    expect(await client.language(about, { kind: 'tokens' })).toMatchObject({ kind: 'tokens' });
    expect(FakeWorker.made.map((worker) => worker.terminated)).toEqual([false, true, false]);
    client.replace('test');
    await build;
  });

  it('does not try for ever to load a worker that cannot be loaded', () => {
    for (let i = 0; i < 10; i++) FakeWorker.made.at(-1)?.onerror?.({ message: '', defaultPrevented: false });
    expect(FakeWorker.made.length).toBeLessThanOrEqual(4);
    expect(reasons.at(-1)).toContain('could not be loaded');
  });
});
