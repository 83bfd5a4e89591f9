// Asks a binary for its version. That it runs at all on this machine is part of the check.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorMessageOf } from '../../src/errors.ts';
import type { Component } from './components.ts';

const run = promisify(execFile);
// The binaries answer within 0.2 s; a busy machine gets time all the same.
const timeoutMs = 30_000;

export type PrintedVersion = { readonly version: string } | { readonly problem: string };

/** The version that the binary at `path` prints, or why none could be had. */
export async function readVersion(component: Component, path: string): Promise<PrintedVersion> {
  try {
    const { stdout, stderr } = await run(path, [...component.versionArguments], {
      timeout: timeoutMs,
      env: { ...process.env, ...component.versionEnvironment },
    });
    const version = component.versionPattern.exec(`${stdout}\n${stderr}`)?.[1];
    return version === undefined ? { problem: `${path} prints no version` } : { version };
  } catch (error) {
    return { problem: `${path} does not run: ${errorMessageOf(error, 300)}` };
  }
}
