// The frame of the page: top bar, panes in splits (or tabs where it is narrow), banner, dialogs. What the panes show is
// their own affair.

import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { Group, Panel, Separator, useGroupRef } from 'react-resizable-panels';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { TabPanel } from './components/tab-panel.tsx';
import { TabStrip } from './components/tab-strip.tsx';
import { Banner } from './panes/banner.tsx';
import { CodePane } from './panes/code-pane.tsx';
import { ConsolePane } from './panes/console-pane.tsx';
import { InspectorPane } from './panes/inspector-pane.tsx';
import { listenForKeys } from './panes/keyboard.ts';
import { KeysDialog } from './panes/keys-dialog.tsx';
import { ProblemsPane } from './panes/problems-pane.tsx';
import { ResultsPane } from './panes/results-pane.tsx';
import { ScenePane } from './panes/scene-pane.tsx';
import { StepPane } from './panes/step-pane.tsx';
import { TimelinePane } from './panes/timeline-pane.tsx';
import { TopBar } from './panes/top-bar.tsx';
import { TrafficPane } from './panes/traffic-pane.tsx';
import { TransportBar } from './panes/transport-bar.tsx';
import { useStore } from './store/store.ts';
import type { LowerTab, NarrowTab, SideTab } from './store/view-slice.ts';

const ShareDialog = lazy(() => import('./panes/share-dialog.tsx').then((module) => ({ default: module.ShareDialog })));

const NARROW = '(max-width: 899px)';

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const query = window.matchMedia(NARROW);
    const listen = (): void => setNarrow(query.matches);
    query.addEventListener('change', listen);
    return () => query.removeEventListener('change', listen);
  }, []);
  return narrow;
}

const SIDE_TABS = [
  { id: 'inspector', label: 'Inspector' },
  { id: 'traffic', label: 'Traffic' },
  { id: 'step', label: 'Step' },
] as const;

function SidePane(): ReactNode {
  const tab = useStore((state) => state.sideTab);
  return (
    <div className="stack">
      <TabStrip<SideTab> label="Side pane" tabs={SIDE_TABS} active={tab} onSelect={(sideTab) => useStore.setState({ sideTab })} />
      <TabPanel tab={tab}>
        <ErrorBoundary name="This pane">
          {tab === 'inspector' ? <InspectorPane /> : tab === 'traffic' ? <TrafficPane /> : <StepPane />}
        </ErrorBoundary>
      </TabPanel>
    </div>
  );
}

function LowerPane(): ReactNode {
  const tab = useStore((state) => state.lowerTab);
  const messages = useStore((state) => (state.runVersion >= 0 ? (state.run?.index.messages.length ?? 0) : 0));
  const tabs = [
    { id: 'results', label: 'Results' },
    { id: 'console', label: 'Console', count: messages },
  ] as const;
  return (
    <div className="stack">
      <TabStrip<LowerTab>
        label="Results and console"
        tabs={tabs}
        active={tab}
        onSelect={(lowerTab) => useStore.setState({ lowerTab })}
      />
      <TabPanel tab={tab}>
        <ErrorBoundary name="This pane">{tab === 'results' ? <ResultsPane /> : <ConsolePane />}</ErrorBoundary>
      </TabPanel>
    </div>
  );
}

function CodeColumn(): ReactNode {
  return (
    <Group orientation="vertical" id="code-column">
      <Panel id="panel-editor" minSize="20%" defaultSize="74%">
        <ErrorBoundary name="The editor">
          <CodePane />
        </ErrorBoundary>
      </Panel>
      <Separator className="split horizontal" aria-label="Height of the editor" />
      <Panel id="panel-problems" minSize="8%" defaultSize="26%">
        <ErrorBoundary name="The problems">
          <ProblemsPane />
        </ErrorBoundary>
      </Panel>
    </Group>
  );
}

/** Widths in percent of code, scene and side pane, and the height of the lower row, by layout. */
const LAYOUTS = {
  learn: { code: 22, scene: 55, side: 23, lower: 26 },
  hack: { code: 33, scene: 43, side: 24, lower: 28 },
  present: { code: 0, scene: 76, side: 24, lower: 24 },
} as const;

function WideFrame(): ReactNode {
  const layout = useStore((state) => state.layout);
  const rows = useGroupRef();
  const columns = useGroupRef();
  const first = useRef(layout);
  const sizes = LAYOUTS[first.current];
  // Panes stay mounted when the layout changes: the editor keeps its undo history.
  useEffect(() => {
    const { code, scene, side, lower } = LAYOUTS[layout];
    columns.current?.setLayout({ 'panel-code': code, 'panel-scene': scene, 'panel-side': side });
    rows.current?.setLayout({ 'panel-upper': 100 - lower, 'panel-lower': lower });
  }, [layout, rows, columns]);
  return (
    <Group orientation="vertical" className="frame" id="frame" groupRef={rows}>
      <Panel id="panel-upper" minSize="30%" defaultSize={`${100 - sizes.lower}%`}>
        <Group orientation="horizontal" id="columns" groupRef={columns}>
          <Panel id="panel-code" minSize="14%" collapsible collapsedSize="0%" defaultSize={`${sizes.code}%`}>
            <CodeColumn />
          </Panel>
          <Separator className="split vertical" aria-label="Width of the code" />
          <Panel id="panel-scene" minSize="24%" defaultSize={`${sizes.scene}%`}>
            <ErrorBoundary name="The scene">
              <ScenePane />
            </ErrorBoundary>
          </Panel>
          <Separator className="split vertical" aria-label="Width of the scene" />
          <Panel id="panel-side" minSize="14%" defaultSize={`${sizes.side}%`}>
            <SidePane />
          </Panel>
        </Group>
      </Panel>
      <Separator className="split horizontal" aria-label="Height of the time line" />
      <Panel id="panel-lower" minSize="12%" defaultSize={`${sizes.lower}%`}>
        <Group orientation="horizontal" id="lower-columns">
          <Panel id="panel-timeline" minSize="25%" defaultSize="58%">
            <ErrorBoundary name="The time line">
              <TimelinePane />
            </ErrorBoundary>
          </Panel>
          <Separator className="split vertical" aria-label="Width of the time line" />
          <Panel id="panel-results" minSize="20%" defaultSize="42%">
            <LowerPane />
          </Panel>
        </Group>
      </Panel>
    </Group>
  );
}

const NARROW_TABS = [
  { id: 'scene', label: 'Scene' },
  { id: 'code', label: 'Code' },
  { id: 'plots', label: 'Plots' },
  { id: 'inspect', label: 'Inspect' },
] as const;

function NarrowFrame(): ReactNode {
  const tab = useStore((state) => state.narrowTab);
  return (
    <div className="stack frame">
      <TabStrip<NarrowTab>
        label="Panes"
        tabs={NARROW_TABS}
        active={tab}
        onSelect={(narrowTab) => useStore.setState({ narrowTab })}
      />
      <TabPanel tab={tab}>
        <ErrorBoundary name="This pane">
          {tab === 'scene' ? <ScenePane /> : null}
          {tab === 'code' ? <CodeColumn /> : null}
          {tab === 'plots' ? (
            <div className="stack">
              <div className="half">
                <TimelinePane />
              </div>
              <div className="fill">
                <LowerPane />
              </div>
            </div>
          ) : null}
          {tab === 'inspect' ? <SidePane /> : null}
        </ErrorBoundary>
      </TabPanel>
      <div className="bottom-bar">
        <TransportBar />
      </div>
    </div>
  );
}

function Loading(): ReactNode {
  const loading = useStore((state) => state.loading);
  if (loading === 'ready') return null;
  return (
    <div className="loading" role="status">
      {loading === 'loading'
        ? 'Loading the first scene …'
        : 'The gallery could not be fetched. Reload the page, or open a scenario file from the menu.'}
    </div>
  );
}

function Toast(): ReactNode {
  const toast = useStore((state) => state.toast);
  return (
    <div className="toast-region" role="status" aria-live="polite">
      {toast === null ? null : <div className="toast">{toast}</div>}
    </div>
  );
}

export function App(): ReactNode {
  const narrow = useNarrow();
  const dark = useStore((state) => state.dark);
  const dialog = useStore((state) => state.dialog);
  const layout = useStore((state) => state.layout);
  useEffect(listenForKeys, []);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    document.documentElement.dataset.layout = layout;
  }, [dark, layout]);
  const close = (): void => useStore.setState({ dialog: 'none' });
  return (
    <div className="app">
      <TopBar narrow={narrow} />
      <Banner />
      <main className="main">
        {narrow ? <NarrowFrame /> : <WideFrame />}
        <Loading />
      </main>
      <Toast />
      {dialog === 'keys' ? <KeysDialog onClose={close} /> : null}
      {dialog === 'share' ? (
        <Suspense fallback={null}>
          <ShareDialog onClose={close} />
        </Suspense>
      ) : null}
    </div>
  );
}
