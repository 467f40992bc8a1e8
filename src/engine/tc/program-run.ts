// What one run of a program has done to packets so far: shared between the helper implementations, which write it, and the
// qdisc, which settles it when the run ends. Lives only while a program runs, so it is no part of a snapshot.

/** Which of the two programs runs. */
export const ENQUEUE = 0;
export const DEQUEUE = 1;

export class ProgramRun {
  which = ENQUEUE;
  /** Counts the runs, to tell one from the next. */
  number = 0;
  /** Slot of the packet the stack handed over; -1 in dequeue, and once it has been deleted. */
  offered = -1;
  /** Slots popped and not pushed again. */
  readonly held: number[] = [];
  /** True once a push of the offered packet was refused for want of room. */
  refusedForRoom = false;
  /** True once the program has dropped the offered packet by a call of its own (profile lab). */
  droppedItself = false;
  /** Program slot of the push that was refused, or of the last push. */
  pushSlot = -1;
  /** Program slot of the delete being carried out. */
  callSlot = -1;

  begin(which: number, offered: number): void {
    this.which = which;
    this.number++;
    this.offered = offered;
    this.held.length = 0;
    this.refusedForRoom = false;
    this.droppedItself = false;
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
