// One run as the page holds it: the log and everything folded from it. Grows as chunks arrive; immutable where it has
// grown. Knows nothing of the store or of React.

import { columnsOver } from '../../engine/trace/chunk.ts';
import { EVENT } from '../../engine/trace/event.ts';
import { PacketTable } from '../../engine/trace/packet-table.ts';
import { TraceLog } from '../../engine/trace/reader.ts';
import { SceneSeeker } from '../../engine/trace/scene-state.ts';
import type { EngineMessage, QdiscInfo, RunInfo } from '../../worker/api.ts';
import type { CaptionNames } from '../drawings/film-script.ts';
import { FrameMaker } from '../drawings/scene-frame.ts';
import { TimelineIndex } from '../drawings/timeline-index.ts';

type ChunkMessage = Extract<EngineMessage, { type: 'chunk' }>;
type StatusMessage = Extract<EngineMessage, { type: 'status' }>;

/** Names of the return codes in captions (specification 2.4, 2.5): enqueue's, then dequeue's where they differ. */
const CODE_NAMES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  v4: [
    ['OK', 'OK'],
    ['QUEUED', 'QUEUED'],
    ['DROP', 'DROP'],
    ['THROTTLE', 'THROTTLE'],
    ['CONTINUE', 'CONTINUE'],
  ],
  v5: [
    ['QUEUED', 'DEQUEUED'],
    ['DROP', 'DROP'],
    ['CN', 'CN'],
    ['THROTTLE', 'THROTTLE'],
    ['PASS', 'PASS'],
  ],
};

export class RunData {
  readonly runId: number;
  readonly log = new TraceLog();
  readonly packets = new PacketTable();
  readonly index = new TimelineIndex();
  readonly seeker = new SceneSeeker(this.log, this.packets.facts);
  readonly maker = new FrameMaker(this.log, this.packets, this.seeker);
  info: RunInfo | null = null;
  status: StatusMessage | null = null;
  /** True when the worker that computed it is gone. */
  detached = false;

  constructor(runId: number) {
    this.runId = runId;
  }

  append(message: ChunkMessage): void {
    const { buffer, count, base, stringBase, strings } = message;
    // Chunks come in order; one that does not continue the log is of no use.
    if (base !== this.log.length) return;
    this.log.append({ version: 1, columns: columnsOver(buffer), count, base, stringBase, strings });
    this.packets.extend(this.log);
    this.index.extend(this.log);
  }

  get done(): boolean {
    return this.status !== null && this.status.state !== 'running';
  }

  /** Time of the last record known, ns. */
  get knownNs(): number {
    if (this.status?.state === 'done') return this.info?.durationNs ?? this.status.t;
    return this.log.length === 0 ? 0 : this.log.time(this.log.length - 1);
  }

  get durationNs(): number {
    return this.info?.durationNs ?? this.knownNs;
  }

  flowName(index: number): string {
    return this.info?.flows.find((flow) => flow.index === index)?.name ?? `flow ${index}`;
  }

  mapName(index: number): string {
    return this.info?.maps.find((map) => map.index === index)?.name ?? `map ${index}`;
  }

  qdisc(index: number): QdiscInfo | null {
    return this.info?.qdiscs.find((qdisc) => qdisc.index === index) ?? null;
  }

  /** Source line of an instruction slot of a qdisc's program, 0 when unknown. */
  lineOf(qdisc: number, side: 'enqueue' | 'dequeue', slot: number): number {
    return this.qdisc(qdisc)?.[side]?.lineOfSlot[slot] ?? 0;
  }

  /**
   * Which program was running at a record: its end (ENQUEUE_RUN, DEQUEUE_RUN) comes next in the log; what is decided after
   * the end has it before.
   */
  sideAt(record: number, afterTheEnd: boolean): 'enqueue' | 'dequeue' {
    const ends = [EVENT.ENQUEUE_RUN, EVENT.DEQUEUE_RUN];
    const before = afterTheEnd ? this.log.find(record, -1, ends) : -1;
    const sameStep = before >= this.log.stepStart(this.log.stepOf(record));
    const end = before >= 0 && sameStep ? before : this.log.find(record, 1, ends);
    return this.log.at(end)?.kind === EVENT.DEQUEUE_RUN ? 'dequeue' : 'enqueue';
  }

  private codeName(value: number, side: 0 | 1): string {
    const profile = this.info?.qdiscs[0]?.profile ?? 'v4';
    return (CODE_NAMES[profile] ?? CODE_NAMES.v5)?.[value]?.[side] ?? String(value);
  }

  /** What captions call things. */
  get names(): CaptionNames {
    return {
      flow: (index) => this.flowName(index),
      map: (index) => this.mapName(index),
      enqueueCode: (value) => this.codeName(value, 0),
      dequeueCode: (value) => this.codeName(value, 1),
    };
  }
}
