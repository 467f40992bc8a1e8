// What one run of a program has done to packets so far: shared between the helper implementations, which write it, and the
// qdisc, which settles it when the run ends. Lives only while a program runs, so it is no part of a snapshot.

/** Which of the two programs runs. */
export const ENQUEUE = 0;
export const DEQUEUE = 1;

/** Numbers the runs of all qdiscs that may run inside one another. */
export class RunNumbers {
  last = 0;
}

export class ProgramRun {
  which = ENQUEUE;
  /** Counts the runs, to tell one from the next. */
  number = 0;
  private readonly numbers: RunNumbers;
  /** Slot of the packet the stack handed over; -1 in dequeue, and once it has been deleted. */
  offered = -1;
  /** Slots popped and not pushed again. */
  readonly held: number[] = [];
  /** True once a push of the offered packet was refused for want of room. */
  refusedForRoom = false;
  /** True once the program has dropped the offered packet by a call of its own (profile lab). */
  droppedItself = false;
  /** True once the program has given the offered packet to a child, or cut it into segments. */
  passedOn = false;
  /** Slot of the packet last taken from a child by a call; its class has counted it. */
  taken = -1;
  /** Slots of segments made in this run. */
  readonly segments: number[] = [];
  /** Program slot of the push that was refused, or of the last push. */
  pushSlot = -1;
  /** Program slot of the delete being carried out. */
  callSlot = -1;

  constructor(numbers = new RunNumbers()) {
    this.numbers = numbers;
  }

  begin(which: number, offered: number): void {
    this.which = which;
    this.number = ++this.numbers.last;
    this.offered = offered;
    this.held.length = 0;
    this.refusedForRoom = false;
    this.droppedItself = false;
    this.passedOn = false;
    this.taken = -1;
    this.segments.length = 0;
    this.pushSlot = -1;
  }

  /** Forgets a packet that is no longer held; false when it was not. */
  letGo(slot: number): boolean {
    const at = this.held.indexOf(slot);
    if (at < 0) return false;
    this.held.splice(at, 1);
    return true;
  }
}
