// Publish as an action: inputs, the operation, outputs and the summary. Knows neither process nor toolkit.
import { posix } from 'node:path';
import { collectFiles } from '../../src/operations/collect.ts';
import type { Ports } from '../../src/operations/ports.ts';
import { prepare, publish } from '../../src/operations/publish.ts';
import { connectRegistries } from '../../src/registry/connect.ts';
import { userSettings } from '../../src/registry/user-settings.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { readContext } from '../shared/context.ts';
import type { Host } from '../shared/host.ts';
import { openSigner } from '../shared/open-signer.ts';
import { reportError } from '../shared/report.ts';
import type { ActionWorld } from '../shared/world.ts';
import { setCommitStatus, statusOfFailure, statusOfOutcome } from './commit-status.ts';
import { readInputs, type Inputs } from './inputs.ts';
import { writeOutputs, type Outcome } from './outputs.ts';
import { renderFailure, renderSummary } from './summary.ts';

/** Runs the action; never throws, gives the exit code. */
export async function run(world: ActionWorld): Promise<0 | 1> {
  const { host } = world;
  let inputs: Inputs | undefined;
  try {
    const read = await readInputs(host, readContext(world.env));
    inputs = read;
    const outcome = await publishOrPrepare(read, world);
    writeOutputs(host, outcome);
    host.info(`${outcome.reference.registry}/${outcome.reference.repository}@${outcome.digest}`);
    await writeSummary(host, read, () => renderSummary({ ...pickFacts(read), outcome }));
    await setCommitStatus(world, statusOfOutcome(outcome));
    return 0;
  } catch (error) {
    if (world.signal.aborted) {
      host.error('the run was cancelled', { title: 'Cancelled' });
      return 1;
    }
    const folder = inputs?.path.folder ?? '';
    reportError(host, error, (file) => posix.join(folder, file));
    await writeSummary(host, inputs, () => renderFailure(error));
    await setCommitStatus(world, statusOfFailure(error));
    return 1;
  }
}

async function publishOrPrepare(inputs: Inputs, world: ActionWorld): Promise<Outcome> {
  const { host, now, signal } = world;
  const ports: Ports = { now, signal, log: (line) => host.info(line) };
  const files = await host.group('Collect files', async () => {
    const collected = await collectFiles(inputs.path.absolute);
    for (const { path } of collected.files) host.info(path);
    for (const path of collected.skipped) host.info(`left out ${path}`);
    return collected.files;
  });
  const { reference, annotations, allowPlaintextSecrets, tags } = inputs;
  if (inputs.isDryRun) {
    const { packed, resources } = await host.group('Dry run', async () =>
      prepare({ files, annotations, allowPlaintextSecrets, tags }, ports),
    );
    return {
      reference,
      digest: packed.manifest.descriptor.digest,
      tags,
      isChanged: false,
      signatureDigest: undefined,
      resources,
      size: packed.layer.bytes.byteLength,
    };
  }
  const signer = openSigner(inputs.signing, world);
  if (signer === undefined) {
    host.warning('sign is none: nobody vouches for what is published, and no policy will accept it');
  }
  const published = await host.group('Publish', async () => {
    const { open, close } = connectRegistries({
      ...userSettings(world.env),
      ca: inputs.ca,
      random: world.random,
      now,
    });
    try {
      const store = open(reference, inputs.plainHttp);
      return await publish({ store, files, annotations, allowPlaintextSecrets, signer, tags }, ports);
    } finally {
      close();
    }
  });
  if (!published.isChanged) host.info('nothing has changed');
  return { ...published, reference };
}

function pickFacts({
  revision,
  commitUrl,
  isDryRun,
  plainHttp,
}: Inputs): Pick<Inputs, 'revision' | 'commitUrl' | 'isDryRun' | 'plainHttp'> {
  return { revision, commitUrl, isDryRun, plainHttp };
}

/** A summary that can't be written makes no failure of what was published. */
async function writeSummary(host: Host, inputs: Inputs | undefined, render: () => string): Promise<void> {
  if (inputs?.hasSummary !== true) return;
  try {
    await host.summary(render());
  } catch (error) {
    host.warning(`the job summary could not be written: ${errorMessageOf(error)}`);
  }
}
