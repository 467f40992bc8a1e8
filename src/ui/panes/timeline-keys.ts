// What the page's keys do to the time line: the pane puts its actions here while it is mounted. Knows no React.

export interface TimelineActions {
  readonly zoom: (factor: number) => void;
  readonly pan: (share: number) => void;
  readonly fit: () => void;
}

export const timelineKeys: { current: TimelineActions | null } = { current: null };
