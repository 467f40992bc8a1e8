// The scenario: one versioned JSON document that says what is simulated (contracts 2). One schema gives the type, the
// validation and the published JSON Schema. Quantities stay as people wrote them; experiment.ts turns them into numbers.
// Knows nothing of how a scenario is run.

import * as v from 'valibot';
import { QUIRK_IDS } from '../abi/profile.ts';
import { parseRate, parseSize, parseTime } from '../base/quantity.ts';

/** Largest counts any scenario may have, wherever it comes from. Links are bound more tightly (link/caps.ts). */
const SCENARIO_CAPS = { devices: 16, tcLines: 256, events: 1024 } as const;

const name = (what: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[A-Za-z][\w.-]{0,31}$/, `${what}: up to 32 letters, digits, "_", "." or "-", beginning with a letter`),
  );
const quantity = (what: string, parse: (text: string) => number | null, example: string) =>
  v.pipe(
    v.string(),
    v.check((text) => parse(text) !== null, `${what}, such as "${example}"`),
  );
const rateText = quantity('a rate', parseRate, '10mbit');
const timeText = quantity('a time', parseTime, '5ms');
const sizeText = quantity('a size', parseSize, '1514b');
const integer = (from: number, to: number) => v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));

const program = v.strictObject({
  /** Id of a gallery program; or `source`. */
  gallery: v.optional(name('a gallery name')),
  /** C text. */
  source: v.optional(v.string()),
  profile: v.optional(v.picklist(['v4', 'v5', 'lab', 'struct_ops'])),
  /** Quirks of the posted code to switch on (specification section 12). */
  quirks: v.optional(v.array(v.picklist(QUIRK_IDS))),
  /** Knobs: values of `const volatile` globals, by name. */
  set: v.optional(v.record(v.string(), v.union([v.number(), v.string()]))),
});

const device = v.strictObject({
  name: name('a device name'),
  rate: rateText,
  mtu: v.optional(integer(68, 65_535)),
  /** Queue limit that a default qdisc takes, packets. */
  txqueuelen: v.optional(integer(1, 65_536)),
  /** Packets the driver takes before it stops the queue. */
  ring: v.optional(integer(1, 4096)),
  queues: v.optional(integer(1, 64)),
});

const flow = v.strictObject({
  name: name('a flow name'),
  device: v.optional(name('a device name')),
  /** constant: evenly spaced; poisson: exponential gaps; burst: `count` packets back to back every `interval`. */
  kind: v.picklist(['constant', 'poisson', 'burst']),
  /** Offered bits a second (constant and poisson). */
  rate: v.optional(rateText),
  /** Instead of `rate`: time from packet to packet, whatever their sizes (poisson: its mean). */
  gap: v.optional(timeText),
  /** Bytes of a packet with its Ethernet header; a list is used in turn. */
  size: v.union([sizeText, v.pipe(v.array(sizeText), v.minLength(1), v.maxLength(64))]),
  count: v.optional(integer(1, 10_000)),
  interval: v.optional(timeText),
  /** skb->priority. */
  prio: v.optional(integer(0, 0xffffffff)),
  mark: v.optional(integer(0, 0xffffffff)),
  dscp: v.optional(integer(0, 63)),
  /** ECN-capable: 0 not, 1 ECT(1), 2 ECT(0). */
  ect: v.optional(integer(0, 2)),
  protocol: v.optional(v.picklist(['udp', 'tcp'])),
  /** Departure times (skb->tstamp): spaced by the sender at this rate. */
  tstamp: v.optional(rateText),
  start: v.optional(timeText),
  stop: v.optional(timeText),
});

const event = v.strictObject({
  t: timeText,
  /** One tc command. */
  tc: v.optional(v.string()),
  /** `eth0 down` or `eth0 up`. */
  link: v.optional(v.string()),
});

/** What the page shows when it opens the scenario; none of it changes the run. */
const view = v.strictObject({
  /** Simulated time of the cursor. */
  t: v.optional(timeText),
  /** Simulated nanoseconds a second of watching. */
  speed: v.optional(v.number()),
  packet: v.optional(integer(0, 2 ** 31 - 1)),
  map: v.optional(v.string()),
  layout: v.optional(v.picklist(['learn', 'hack', 'present'])),
  panes: v.optional(v.array(v.string())),
});

/** The one schema: type, validation and the published JSON Schema come from it. */
export const scenarioSchema = v.strictObject({
  version: v.literal(1),
  title: v.pipe(v.string(), v.maxLength(120)),
  /** One sentence: what to look at. */
  watch: v.optional(v.pipe(v.string(), v.maxLength(2048))),
  seed: integer(0, Number.MAX_SAFE_INTEGER),
  duration: timeText,
  programs: v.record(name('a program name'), program),
  devices: v.pipe(v.array(device), v.minLength(1), v.maxLength(SCENARIO_CAPS.devices)),
  tc: v.pipe(v.array(v.string()), v.maxLength(SCENARIO_CAPS.tcLines)),
  flows: v.pipe(v.array(flow), v.maxLength(1024)),
  events: v.optional(v.pipe(v.array(event), v.maxLength(SCENARIO_CAPS.events))),
  view: v.optional(view),
});

export type Scenario = v.InferOutput<typeof scenarioSchema>;
export type ScenarioFlow = Scenario['flows'][number];
export type ScenarioDevice = Scenario['devices'][number];
export type ScenarioProgram = Scenario['programs'][string];

/** A problem at a dotted path, `flows.2.rate`. */
export interface ScenarioProblem {
  readonly path: string;
  readonly message: string;
}

export type ScenarioResult =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

const DEPTH_LIMIT = 8;

/** A depth guard that runs before the schema: deep or cyclic input is refused, not walked. */
function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= DEPTH_LIMIT) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}

/** Rules that span fields: names are unique, references point at something, each flow kind has what it needs. */
function crossCheck(scenario: Scenario): ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const say = (path: string, message: string): void => void problems.push({ path, message });
  const devices = new Set(scenario.devices.map((item) => item.name));
  if (devices.size < scenario.devices.length) say('devices', 'two devices have the same name');
  if (new Set(scenario.flows.map((item) => item.name)).size < scenario.flows.length) say('flows', 'two flows have the same name');
  scenario.flows.forEach((item, index) => {
    const path = `flows.${index}`;
    if (item.device !== undefined && !devices.has(item.device)) say(`${path}.device`, `there is no device "${item.device}"`);
    if (item.kind === 'burst') {
      if (item.count === undefined) say(`${path}.count`, 'a burst flow needs "count", the packets of one burst');
      if (item.interval === undefined) say(`${path}.interval`, 'a burst flow needs "interval", the time between bursts');
      if (item.gap !== undefined) say(`${path}.gap`, 'a burst flow has "interval" and no "gap"');
    } else if (item.rate === undefined && item.gap === undefined)
      say(`${path}.rate`, `a ${item.kind} flow needs "rate", such as "2mbit", or "gap", such as "1ms"`);
    else if (item.rate !== undefined && item.gap !== undefined) say(`${path}.gap`, 'give either "rate" or "gap"');
    if (item.gap !== undefined && (parseTime(item.gap) ?? 0) <= 0) say(`${path}.gap`, 'must be more than 0');
    if (item.interval !== undefined && (parseTime(item.interval) ?? 0) <= 0) say(`${path}.interval`, 'must be more than 0');
    for (const size of [item.size].flat()) {
      const length = parseSize(size) ?? 0;
      if (length < 42 || length > 65_535)
        say(`${path}.size`, 'a packet has from 42 (Ethernet, IPv4 and UDP headers) to 65535 bytes');
    }
    for (const rate of [item.rate, item.tstamp]) {
      if (rate !== undefined && (parseRate(rate) ?? 0) <= 0) say(`${path}.rate`, 'must be more than 0');
    }
  });
  for (const [key, item] of Object.entries(scenario.programs)) {
    if ((item.gallery === undefined) === (item.source === undefined)) say(`programs.${key}`, 'give either "gallery" or "source"');
  }
  for (const [index, item] of scenario.devices.entries()) {
    if ((parseRate(item.rate) ?? 0) <= 0) say(`devices.${index}.rate`, 'must be more than 0');
  }
  (scenario.events ?? []).forEach((item, index) => {
    if ((item.tc === undefined) === (item.link === undefined)) say(`events.${index}`, 'give either "tc" or "link"');
    if (item.link !== undefined) {
      const [dev, state, more] = item.link.split(' ');
      if (!devices.has(dev ?? '') || (state !== 'up' && state !== 'down') || more !== undefined) {
        say(`events.${index}.link`, 'expected "DEVICE up" or "DEVICE down"');
      }
    }
  });
  return problems;
}

/** Validates a value that came from JSON. Never throws; every problem names its path. */
function readScenario(value: unknown): ScenarioResult {
  if (tooDeep(value, 0)) return { ok: false, problems: [{ path: '', message: `nested deeper than ${DEPTH_LIMIT} levels` }] };
  const result = v.safeParse(scenarioSchema, value);
  if (!result.success) {
    return {
      ok: false,
      problems: result.issues.slice(0, 20).map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message })),
    };
  }
  const problems = crossCheck(result.output);
  return problems.length === 0 ? { ok: true, scenario: result.output } : { ok: false, problems };
}

/** Parses JSON text, then {@link readScenario}. */
export function parseScenario(text: string): ScenarioResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      ok: false,
      problems: [{ path: '', message: `not JSON: ${error instanceof Error ? error.message : String(error)}` }],
    };
  }
  return readScenario(value);
}
