// The panel of a tab strip: named by its tab, reachable and scrollable with the keyboard. Knows nothing of what it shows.

import type { ReactNode } from 'react';

interface Props {
  readonly tab: string;
  readonly testId?: string;
  readonly children: ReactNode;
}

export function TabPanel({ tab, testId, children }: Props): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the ARIA tabs pattern; text that scrolls must take the focus
    <div className="fill scroll" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${tab}`} data-testid={testId}>
      {children}
    </div>
  );
}
