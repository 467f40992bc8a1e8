// Catches faults of rendering, so that the rest of the page and the person's text stay. Knows nothing of what it holds.

import { Component, type ReactNode } from 'react';

interface Props {
  readonly name: string;
  readonly children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { readonly fault: string | null }> {
  override state: { readonly fault: string | null } = { fault: null };

  static getDerivedStateFromError(fault: unknown): { readonly fault: string } {
    return { fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault) };
  }

  override render(): ReactNode {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <div className="fault" role="alert">
        <p>
          <strong>{this.props.name} failed.</strong> This is a fault of the page, not of your program; your text is kept.
        </p>
        <p className="mono">{fault}</p>
        <button type="button" className="button" onClick={() => this.setState({ fault: null })}>
          Try again
        </button>
      </div>
    );
  }
}
