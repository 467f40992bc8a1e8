// The scene: two canvases that follow the clock, fold buttons of the containers, the sentence that says what to watch and
// the caption of what happens. Drawing itself is the painter's and the drawings'.

import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { placeScene } from '../drawings/scene-layout.ts';
import { momentText } from '../store/biography.ts';
import { sceneShape, themeOf } from '../store/selectors.ts';
import { clock, useStore } from '../store/store.ts';
import { ScenePainter } from './scene-painter.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

function FoldButtons({ size }: { readonly size: Size }): ReactNode {
  const run = useStore((state) => state.run);
  const folded = useStore((state) => state.folded);
  const shape = useMemo(() => sceneShape(run, folded), [run, folded]);
  const places = useMemo(() => placeScene(shape, size.width, size.height), [shape, size]);
  const toggle = (map: number): void =>
    useStore.setState({ folded: folded.includes(map) ? folded.filter((item) => item !== map) : [...folded, map] });
  return (
    <>
      {places.containers.map(({ map, title, collapsed, frame }) => (
        <button
          key={map}
          type="button"
          className="fold"
          style={{ left: frame.x + 4, top: frame.y + 3 }}
          aria-expanded={!collapsed}
          aria-label={`${collapsed ? 'Unfold' : 'Fold'} ${title}`}
          onClick={() => toggle(map)}
        >
          {collapsed ? '▸' : '▾'}
        </button>
      ))}
    </>
  );
}

function Tooltip({ at }: { readonly at: { readonly x: number; readonly y: number } | null }): ReactNode {
  const hovered = useStore((state) => state.hovered);
  const run = useStore((state) => state.run);
  if (hovered === 0 || run === null || at === null) return null;
  const { packets } = run;
  return (
    <div className="tooltip" style={{ left: at.x + 14, top: at.y + 14 }} role="tooltip">
      <strong>#{hovered}</strong> {run.flowName(packets.flows[hovered] ?? 0)} · {packets.lengths[hovered]} b
      <br />
      arrived {momentText(packets.arrival[hovered] ?? 0)}
    </div>
  );
}

function Watch(): ReactNode {
  const scenario = useStore((state) => state.scenario);
  return (
    <p className="watch" data-testid="watch">
      {scenario?.watch ?? scenario?.title ?? ''}
    </p>
  );
}

/** Says when the picture is not of what the editor shows. */
function Tags(): ReactNode {
  const stale = useStore((state) => state.stale);
  const state = useStore((store) => store.runState);
  return (
    <div className="stage-tags">
      {stale ? (
        <span className="tag warn" data-testid="stale">
          shows the last good program
        </span>
      ) : null}
      {state === 'starting' ? <span className="tag">starting …</span> : null}
    </div>
  );
}

function Caption(): ReactNode {
  const { caption, skipping, playing } = useStore((state) => state.readout);
  return (
    <p className="caption" data-testid="caption" aria-live={playing ? 'off' : 'polite'}>
      {skipping ? 'skipping: events come faster than they can be shown one by one' : caption}
    </p>
  );
}

export function ScenePane(): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const trees = useRef<HTMLCanvasElement>(null);
  const traffic = useRef<HTMLCanvasElement>(null);
  const painter = useRef<ScenePainter | null>(null);
  const [size, setSize] = useState<Size>({ width: 600, height: 400 });
  const [pointer, setPointer] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const run = useStore((state) => state.run);
  const folded = useStore((state) => state.folded);
  const dark = useStore((state) => state.dark);
  const selected = useStore((state) => state.packet);
  const hovered = useStore((state) => state.hovered);
  const failed = useStore((state) => state.runState === 'failed');
  const position = useStore((state) => state.readout.position);
  const playing = useStore((state) => state.readout.playing);
  const shape = useMemo(() => sceneShape(run, folded), [run, folded]);
  const theme = themeOf({ dark });
  const input = { run, shape, theme, selected, hovered };
  const latest = useRef(input);
  latest.current = input;

  useEffect(() => {
    if (box.current === null || trees.current === null || traffic.current === null) return;
    const made = new ScenePainter(trees.current, traffic.current, latest.current);
    painter.current = made;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      made.resize(width, height);
      setSize({ width, height });
    });
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => painter.current?.update({ run, shape, theme, selected, hovered }), [run, shape, theme, selected, hovered]);

  const at = (event: MouseEvent): { x: number; y: number } => {
    const bounds = box.current?.getBoundingClientRect();
    return { x: event.clientX - (bounds?.left ?? 0), y: event.clientY - (bounds?.top ?? 0) };
  };
  const hover = (event: MouseEvent): void => {
    const point = at(event);
    const packet = painter.current?.packetAt(point.x, point.y) ?? 0;
    if (packet !== hovered) useStore.setState({ hovered: packet });
    setPointer(packet === 0 ? null : point);
  };
  const choose = (event: MouseEvent): void => {
    const point = at(event);
    const packet = painter.current?.packetAt(point.x, point.y) ?? 0;
    useStore.setState(packet === 0 ? { packet } : { packet, sideTab: 'inspector' });
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    const first = clock.maker?.at(clock.cursor().position).trees.values().next().value?.packet[0] ?? 0;
    useStore.setState({ packet: first, sideTab: 'inspector' });
  };
  const label = playing ? 'The scene is playing.' : (painter.current?.describe() ?? '');
  return (
    <section className="pane scene" aria-label="Scene">
      <Watch />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the pointer's way in; the keyboard's is the focusable picture inside */}
      <div
        className="stage"
        ref={box}
        onMouseMove={hover}
        onMouseLeave={() => {
          setPointer(null);
          useStore.setState({ hovered: 0 });
        }}
        onClick={choose}
        onKeyDown={key}
        data-testid="scene"
        data-position={position}
      >
        <canvas ref={trees} className="layer" data-testid="scene-trees" />
        <canvas ref={traffic} className="layer" data-testid="scene-canvas" role="img" tabIndex={0} aria-label={label} />
        <FoldButtons size={size} />
        <Tags />
        {run === null && failed ? (
          <p className="stage-empty">Nothing runs: the program or the scenario has a problem. See Problems.</p>
        ) : null}
        <Tooltip at={pointer} />
      </div>
      <Caption />
    </section>
  );
}
