// Says why a pane is empty and what to do. Knows nothing else.

import type { ReactNode } from 'react';

export function EmptyState({ children }: { readonly children: ReactNode }): ReactNode {
  return <p className="empty">{children}</p>;
}
