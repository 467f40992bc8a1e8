// The list of keys.

import type { ReactNode } from 'react';
import { Modal } from '../components/modal.tsx';
import { KEY_LIST } from './keyboard.ts';

export function KeysDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Modal title="Keys" testId="keys-dialog" onClose={onClose}>
      <p className="muted">Letters act while the focus is outside of text fields.</p>
      <dl className="keys">
        {KEY_LIST.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
