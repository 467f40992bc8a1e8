// Fields of the socket types that a program can hold: offset, width and who may read them (Linux net/core/filter.c,
// bpf_sock_is_valid_access, bpf_sock_common_is_valid_access, bpf_tcp_sock_is_valid_access, bpf_xdp_sock_is_valid_access).

import { KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import type { Walk } from './walk.ts';

/** Bytes of struct bpf_sock, and where its members lie. */
const SOCK_SIZE = 80;
const DST_PORT = { start: 48, end: 50, paddingEnd: 52 } as const;
/** Members whose first byte may be read narrower than four bytes: family, type, protocol, src_ip4, src_port, dst_ip4, state, rx_queue_mapping. */
const NARROW_STARTS: readonly number[] = [4, 8, 12, 24, 44, 52, 72, 76];

function sockAccess(offset: number, size: number): boolean {
  if (offset < 0 || offset >= SOCK_SIZE || offset % size !== 0) return false;
  if (offset >= DST_PORT.start && offset < DST_PORT.end)
    return size === 4 ? offset === DST_PORT.start : offset + size <= DST_PORT.end;
  if (offset >= DST_PORT.end && offset < DST_PORT.paddingEnd) return false;
  const insideAddress = (offset >= 28 && offset < 44) || (offset >= 56 && offset < 72);
  return NARROW_STARTS.includes(offset) || insideAddress ? size <= 4 : size === 4;
}

/** A sock_common has no type, protocol, mark and priority. */
const commonAccess = (offset: number, size: number): boolean => !(offset >= 8 && offset < 24) && sockAccess(offset, size);

/** struct bpf_tcp_sock: 32-bit members but bytes_received and bytes_acked. */
const tcpAccess = (offset: number, size: number): boolean =>
  offset >= 0 && offset < 112 && offset % size === 0 && size === (offset === 80 || offset === 88 ? 8 : 4);

/** struct bpf_xdp_sock: queue_id. */
const xdpAccess = (offset: number, size: number): boolean => offset >= 0 && offset < 4 && size === 4 && offset % 4 === 0;

/** Checks a load through a socket pointer. */
export function accessSocket(walk: Walk, regIndex: number, reg: Reg, offset: number, size: number): boolean {
  const at = Number(reg.value.smin) + offset;
  if (reg.value.smin < 0n || !isConst(reg.value)) {
    return walk.refuse('negative-offset', { reg: regIndex });
  }
  const allowed =
    reg.kind === KIND.SOCK_COMMON
      ? commonAccess(at, size)
      : reg.kind === KIND.SOCK
        ? sockAccess(at, size)
        : reg.kind === KIND.TCP_SOCK
          ? tcpAccess(at, size)
          : xdpAccess(at, size);
  if (allowed) return true;
  return walk.refuse(
    'socket-access',
    { reg: regIndex, kind: kindName(reg), off: at, size },
    `${size} bytes at offset ${at} of a ${kindName(reg)}`,
  );
}
