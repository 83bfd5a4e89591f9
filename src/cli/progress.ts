// One line on a terminal that says how far a long transfer is; in a pipe, and for short ones, nothing at all.
import type { World } from './world.ts';

/** Transfers that end sooner show nothing. */
const SHOW_AFTER_MS = 400;
const REDRAW_MS = 100;
const BAR = 24;

/** What moved: whole things and bytes of them; totals grow while they are discovered. */
export type Moved = {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly things: number;
  readonly totalThings: number;
};

export type Progress = {
  /** Cheap: it may be called for every chunk. */
  show(moved: Moved): void;
  /** Takes the line away. */
  end(): void;
};

/** @param verb what is done, as `copying` */
export function startProgress(verb: string, { terminal, now }: Pick<World, 'terminal' | 'now'>): Progress {
  if (terminal === undefined) return { show: () => undefined, end: () => undefined };
  const startedMs = now();
  let drawnMs = startedMs + SHOW_AFTER_MS - REDRAW_MS;
  let isDrawn = false;
  return {
    show(moved) {
      const nowMs = now();
      if (nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      isDrawn = true;
      terminal.draw(
        formatProgress(verb, moved, { elapsedMs: nowMs - startedMs, columns: terminal.columns() }),
      );
    },
    end() {
      if (isDrawn) terminal.draw('');
    },
  };
}

/** `copying [######------]  52% 1.2 of 2.3 GiB, 14 of 20, 210 MiB/s`, cut to the terminal's width. */
export function formatProgress(
  verb: string,
  { bytes, totalBytes, things, totalThings }: Moved,
  { elapsedMs, columns }: { readonly elapsedMs: number; readonly columns: number },
): string {
  const share = totalBytes === 0 ? 0 : Math.min(1, bytes / totalBytes);
  const filled = Math.floor(share * BAR);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}]`;
  const rate = elapsedMs <= 0 ? 0 : (bytes * 1000) / elapsedMs;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const line = `${verb} ${bar} ${percent} ${formatBytes(bytes)} of ${formatBytes(totalBytes)}, ${things} of ${totalThings}, ${formatBytes(rate)}/s`;
  return line.slice(0, Math.max(0, columns - 1));
}

/** With three digits and a binary unit: `512 B`, `1.50 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1000 || unit === 'GiB') {
      return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${unit}`;
    }
    value /= 1024;
  }
  return `${bytes} B`;
}
