// Share: the link with its length against the lengths people meet, copies of it, and files for what is too long.

import { type ReactNode, useEffect, useState } from 'react';
import { Modal } from '../components/modal.tsx';
import { saveObjectFile, saveScenarioFile } from '../store/files.ts';
import { addressWith, currentFragment, LENGTH_MARKS } from '../store/share.ts';
import { say, useStore } from '../store/store.ts';

const LONGEST_SHOWN = 10_000;

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say('The browser did not allow copying: select the link and copy it by hand.');
  }
}

function Meter({ length }: { readonly length: number }): ReactNode {
  const share = Math.min(1, length / LONGEST_SHOWN);
  const passed = LENGTH_MARKS.filter((mark) => length > mark.length);
  const words = passed.length === 0 ? 'short enough for any chat' : `too long for ${passed.map((mark) => mark.name).join(', ')}`;
  return (
    <div className="meter-block">
      <meter
        className="sr-only"
        min={0}
        max={LONGEST_SHOWN}
        value={Math.min(length, LONGEST_SHOWN)}
        aria-label="Length of the link"
      />
      <div className="meter" aria-hidden="true" data-testid="share-meter">
        <span className={passed.length > 0 ? 'meter-fill long' : 'meter-fill'} style={{ width: `${share * 100}%` }} />
        {LENGTH_MARKS.map((mark) => (
          <span key={mark.name} className="meter-mark" style={{ left: `${(mark.length / LONGEST_SHOWN) * 100}%` }}>
            <span>{mark.length.toLocaleString('en')}</span>
          </span>
        ))}
      </div>
      <p className="muted">
        <strong data-testid="share-length">{length.toLocaleString('en')}</strong> characters: {words}.
      </p>
    </div>
  );
}

function LinkText({ link }: { readonly link: string }): ReactNode {
  return (
    <>
      <textarea
        className="link-text"
        readOnly
        rows={3}
        value={link}
        aria-label="Link"
        data-testid="share-link"
        onFocus={(event) => event.currentTarget.select()}
      />
      <Meter length={link.length} />
      {link.length > 4000 ? <p className="hint">A link this long may be cut on its way: a file is safer.</p> : null}
    </>
  );
}

export function ShareDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [moment, setMoment] = useState(true);
  const [link, setLink] = useState<string | null>('');
  const title = useStore((state) => state.scenario?.title ?? 'Qdisc Playground');
  useEffect(() => {
    let current = true;
    void currentFragment(moment).then((fragment) => {
      if (current) setLink(fragment === null ? null : addressWith(fragment));
    });
    return () => {
      current = false;
    };
  }, [moment]);
  const markdown = `[${title.replace(/[[\]]/g, '')}](${link ?? ''})`;
  return (
    <Modal title="Share" testId="share-dialog" onClose={onClose}>
      <p>The link holds the whole moment: program, traffic, seed, and where you are in the run. Nothing is sent to a server.</p>
      <fieldset className="choices">
        <legend className="sr-only">What the link opens on</legend>
        <label>
          <input type="radio" name="moment" checked={moment} onChange={() => setMoment(true)} /> with this moment
        </label>
        <label>
          <input type="radio" name="moment" checked={!moment} data-testid="share-from-start" onChange={() => setMoment(false)} />{' '}
          from the start
        </label>
      </fieldset>
      {link === null ? (
        <p className="hint">This is too large for a link. Send the scenario as a file instead.</p>
      ) : (
        <LinkText link={link} />
      )}
      <div className="row wrap">
        <button
          type="button"
          className="button accent"
          data-testid="copy-link"
          disabled={link === null}
          onClick={() => void copy(link ?? '', 'Link')}
        >
          Copy link
        </button>
        <button type="button" className="button" disabled={link === null} onClick={() => void copy(markdown, 'Markdown')}>
          Copy Markdown
        </button>
        <button type="button" className="button" onClick={saveScenarioFile}>
          Download .json
        </button>
        <button type="button" className="button" onClick={() => void saveObjectFile()}>
          Download .o
        </button>
      </div>
    </Modal>
  );
}
