// How Go is called: the flags that make a build reproducible and the environment that keeps it to the pinned modules.
import type { Component } from './components.ts';

/** Arguments of `go` that build a component, without the output path. */
export function buildArguments(component: Component): readonly string[] {
  return ['build', '-trimpath', '-ldflags', component.ldflags, component.package];
}

/** The environment of `go`: the user's, with what would change the result fixed. */
export function goEnvironment(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _architecture, ...rest } = environment;
  return { ...rest, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOWORK: 'off' };
}
