// The mark of a flow in text: its shape in its colour, as an SVG picture. Knows only what it is told.

import type { ReactNode } from 'react';

interface Props {
  /** Closed path around (0, 0) with a radius of about 5. */
  readonly path: string;
  readonly colour: string;
}

export function FlowMark({ path, colour }: Props): ReactNode {
  return (
    <svg className="flow-mark" viewBox="-7 -7 14 14" width="12" height="12" aria-hidden="true">
      <path d={path} fill={colour} />
    </svg>
  );
}
