// The error of the component locator: it lists, for each binary, every way that was tried and why it failed.
import { SealiftError } from '../../src/errors.ts';
import type { Component } from './components.ts';

/** One way to get a binary that did not work. */
export type FailedWay = { readonly way: string; readonly reason: string };

/** A component that could not be had, with all that was tried. */
export type MissingComponent = { readonly component: Component; readonly ways: readonly FailedWay[] };

/** Thrown when a wanted component can neither be found nor built. */
export class ComponentsError extends SealiftError<'COMPONENTS_MISSING'> {
  readonly missing: readonly MissingComponent[];

  constructor(missing: readonly MissingComponent[]) {
    const names = missing.map(({ component }) => label(component)).join(', ');
    super('COMPONENTS_MISSING', `components are missing: ${names}${missing.map(formatMissing).join('')}`, {
      hint: hintFor(missing),
    });
    this.missing = missing;
  }
}

/** `kube-apiserver v1.36.3` */
export function label(component: Component): string {
  return `${component.name} v${component.version}`;
}

function formatMissing({ component, ways }: MissingComponent): string {
  return `\n  ${label(component)}${ways.map(({ way, reason }) => `\n    ${way}: ${reason}`).join('')}`;
}

function hintFor(missing: readonly MissingComponent[]): string {
  const go = 'install Go 1.26 or newer and let it reach a Go module proxy';
  const assets = missing.flatMap(({ component }) =>
    component.assets === undefined ? [] : `${component.name} ${component.assets.wanted}`,
  );
  if (assets.length === 0) return go;
  return `${go}, or set KUBEBUILDER_ASSETS to a folder that holds ${assets.join(', ')}`;
}
