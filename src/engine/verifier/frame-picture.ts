// A frame as it is at one moment, to be written out later as the kernel's log shows it (Linux kernel/bpf/log.c,
// print_verifier_state). Knows nothing of walks.

import { kernelRegText, kernelSlotText } from './kernel-text.ts';
import { KIND, type Reg } from './register.ts';
import { BYTE, byteType, type Frame, type Slot, type State } from './state.ts';

export const ALL_REGISTERS = 0x7ff;

export interface FramePicture {
  readonly frame: number;
  readonly regs: readonly Reg[];
  readonly stack: readonly Slot[];
  /** References held. */
  readonly refs: readonly number[];
  /** Inside a callback. */
  readonly callback: boolean;
  /** Registers shown, as bits, and slots shown. */
  readonly shown: number;
  readonly slots: 'all' | readonly number[];
}

export function takePicture(state: State, frame: Frame, shown: number, slots: 'all' | readonly number[]): FramePicture {
  return {
    frame: frame.number,
    regs: frame.regs.slice(),
    stack: frame.stack.slice(),
    refs: state.refs.map(({ id }) => id),
    callback: state.frames.some((item) => item.callback !== null),
    shown,
    slots,
  };
}

/** ` frame1: R0=1 R10=fp0 fp-8=mmmmmmmm refs=2`, with a blank in front of each part. */
export function pictureText({ frame, regs, stack, refs, callback, shown, slots }: FramePicture): string {
  let text = frame === 0 ? '' : ` frame${frame}:`;
  regs.forEach((reg, r) => {
    if (reg.kind !== KIND.NONE && ((shown >>> r) & 1) !== 0) text += ` R${r}=${kernelRegText(reg, frame)}`;
  });
  stack.forEach((slot, i) => {
    if (slot.types === 0 || (slots !== 'all' && !slots.includes(i))) return;
    // A view and an iterator take more than one slot; the lowest address tells of it.
    if (byteType(slot, 0) >= BYTE.DYNPTR && slot.reg !== null && stack[i + 1]?.reg === slot.reg) return;
    text += kernelSlotText(i, slot, frame);
  });
  if (refs.length > 0) text += ` refs=${refs.join(',')}`;
  return `${text}${callback ? ' cb' : ''}`;
}

/** Everything that is known in the innermost frame of a state. */
export const stateText = (state: State): string => pictureText(takePicture(state, state.frame(), ALL_REGISTERS, 'all'));
