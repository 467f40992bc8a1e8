// What maps without keys answer to the calls for keys: nothing is there, nothing can be put or removed so. Data only.

import { ERRNO, type MapEntry } from './map.ts';

/** Base of program arrays and ring buffers. */
export class KeylessMap {
  lookup(_keyAddress: number): number {
    return 0;
  }
  update(_keyAddress: number, _valueAddress: number, _flags: number): number {
    return ERRNO.EINVAL;
  }
  remove(_keyAddress: number): number {
    return ERRNO.EINVAL;
  }
  walk(_visit: (entry: MapEntry) => boolean): number {
    return 0;
  }
}
