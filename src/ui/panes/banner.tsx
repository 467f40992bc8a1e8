// One line under the top bar: where a scenario came from, or what went wrong when opening it.

import type { ReactNode } from 'react';
import { clock, useStore } from '../store/store.ts';

const close = (): void => useStore.setState({ banner: null });

export function Banner(): ReactNode {
  const banner = useStore((state) => state.banner);
  const message = useStore((state) => state.runMessage);
  if (banner === null && message === null) return null;
  if (banner === null) {
    return (
      <div className="banner problem" role="alert" data-testid="run-message">
        <span>{message}</span>
        <button
          type="button"
          className="icon-button"
          aria-label="Dismiss"
          onClick={() => useStore.setState({ runMessage: null })}
        >
          ✕
        </button>
      </div>
    );
  }
  return (
    <div className={`banner ${banner.kind}`} role={banner.kind === 'problem' ? 'alert' : 'status'} data-testid="banner">
      <span>{banner.text}</span>
      {banner.kind === 'link' ? (
        <>
          <button
            type="button"
            className="button accent"
            data-testid="banner-play"
            onClick={() => {
              close();
              clock.play();
            }}
          >
            Play
          </button>
          <button
            type="button"
            className="button"
            data-testid="banner-code"
            onClick={() => {
              close();
              useStore.setState({ narrowTab: 'code', layout: 'hack' });
            }}
          >
            View code
          </button>
        </>
      ) : null}
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={close}>
        ✕
      </button>
    </div>
  );
}
