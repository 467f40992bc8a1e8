// A modal over the browser's own dialog element: it traps focus, closes on Escape and gives focus back. Knows nothing of
// what it shows.

import { type ReactNode, useEffect, useRef } from 'react';

interface Props {
  readonly title: string;
  readonly testId: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Modal({ title, testId, onClose, children }: Props): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} className="modal" aria-label={title} data-testid={testId} onClose={onClose}>
      <header className="modal-head">
        <h2>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
