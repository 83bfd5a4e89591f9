// Publish as an action: inputs, the operation, outputs and the summary. Knows neither process nor toolkit.
import type { Ports } from '../../src/operations/ports.ts';
import { errorMessageOf, type ResourceError } from '../../src/errors.ts';
import { prepare, publish, validate, type PublishRequest } from '../../src/operations/publish.ts';
import { readSources, type Rendering } from '../../src/operations/read-sources.ts';
import { readContext } from '../shared/context.ts';
import { reportEnd, withDeadline } from '../shared/deadline.ts';
import type { Host } from '../shared/host.ts';
import { withRepository } from '../shared/open-registry.ts';
import { openSigner } from '../shared/open-signer.ts';
import { placesIn, reportError, reportWarnings } from '../shared/report.ts';
import type { ActionWorld } from '../shared/world.ts';
import { setCommitStatus, statusOfFailure, statusOfOutcome } from './commit-status.ts';
import { revisionAnnotation, sourceAnnotation } from './annotations.ts';
import { withImages } from './images.ts';
import { readInputs, type Inputs } from './inputs.ts';
import { writeOutputs, type Outcome } from './outputs.ts';
import { gatherSigned } from './signed.ts';
import { renderFailure, renderSummary, type SummaryFacts } from './summary.ts';

/** Runs the action; never throws, gives the exit code. */
export async function run(given: ActionWorld): Promise<0 | 1> {
  const { host } = given;
  let world = given;
  let inputs: Inputs | undefined;
  let rendering: Rendering | undefined;
  const onRendered = (made: Rendering): void => void (rendering = made);
  try {
    const read = await readInputs(host, readContext(world.env));
    inputs = read;
    world = withDeadline(given, read.registry.timeoutMs);
    const outcome = await publishOrPrepare(read, world, onRendered);
    writeOutputs(host, outcome);
    host.info(`${outcome.reference.registry}/${outcome.reference.repository}@${outcome.digest}`);
    await writeSummary(host, read, () => renderSummary({ ...pickFacts(read), outcome }));
    await setCommitStatus(world, statusOfOutcome(outcome));
    return 0;
  } catch (error) {
    if (world.signal.aborted) {
      reportEnd(host, world.signal);
      return 1;
    }
    reportError(host, error, placesIn(inputs?.path.folder ?? '', rendering));
    await writeSummary(host, inputs, () => renderFailure(error));
    await setCommitStatus(world, statusOfFailure(error));
    return 1;
  }
}

async function publishOrPrepare(
  inputs: Inputs,
  world: ActionWorld,
  onRendered: (rendering: Rendering) => void,
): Promise<Outcome> {
  const { host, env, now, signal } = world;
  const startedMs = now();
  const ports: Ports = { now, signal, log: (line) => host.info(line) };
  const { files: collected, rendering } = await host.group('Collect files', async () => {
    const sources = await readSources(inputs.path.absolute, inputs.render, { env, signal });
    if (sources.rendering !== undefined) onRendered(sources.rendering);
    host.list(sources.files.map(({ path }) => path));
    host.list(sources.skipped.map((note) => (sources.rendering === undefined ? `left out ${note}` : note)));
    return sources;
  });
  const { files, images } = await withImages(collected, inputs, world);
  const { reference, annotations, tags } = inputs;
  const toPlace = placesIn(inputs.path.folder, rendering);
  const warn = (warnings: readonly ResourceError[]): void => reportWarnings(host, warnings, toPlace);
  const content = { files, annotations, tags, ...secretsOf(inputs, warn) };
  if (inputs.isDryRun) {
    const { packed, resources } = await host.group('Dry run', async () => {
      const prepared = prepare(content, ports);
      if (inputs.validates) warn(endingSoon(await validate(prepared, ports)));
      return prepared;
    });
    return {
      reference,
      digest: packed.manifest.descriptor.digest,
      tags,
      isChanged: false,
      signed: undefined,
      resources,
      images,
      size: packed.layer.bytes.byteLength,
      rendering,
    };
  }
  const signer = openSigner(inputs.signing, world, inputs.registry);
  if (signer === undefined) {
    host.warning('sign is none: nobody vouches for what is published, and no policy will accept it');
  }
  return withRepository(reference, inputs.registry, world, async (store) => {
    const request = { ...content, store, signer, validate: inputs.validates };
    const published = await host.group('Publish', () =>
      publish({ ...request, ...signingOf(inputs, world, { startedMs, rendering }) }, ports),
    );
    warn(endingSoon(published.warnings));
    if (!published.isChanged) host.info('nothing has changed');
    const signed = signer && (await gatherSigned(store, signer, { published, world }));
    return { ...published, reference, signed, images, rendering };
  });
}

/** What becomes of Secrets in plain text. */
function secretsOf(
  { secrets }: Inputs,
  warn: (found: readonly ResourceError[]) => void,
): Pick<PublishRequest, 'allowPlaintextSecrets' | 'onPlaintextSecrets'> {
  return {
    allowPlaintextSecrets: secrets !== 'deny',
    onPlaintextSecrets: secrets === 'warn' ? warn : undefined,
  };
}

/** What will stop working; what was not checked stands in the log alone. */
function endingSoon(warnings: readonly ResourceError[]): readonly ResourceError[] {
  return warnings.filter(({ code }) => code === 'API_DEPRECATED' || code === 'API_NOT_SERVED');
}

/** How it is signed, and what is attested of the run. */
function signingOf(
  { reference, signing, signatureFormats, hasProvenance, givenPath, annotations }: Inputs,
  { env }: ActionWorld,
  { startedMs, rendering }: { readonly startedMs: number; readonly rendering: Rendering | undefined },
): Pick<PublishRequest, 'repository' | 'signatureFormats' | 'provenance'> {
  return {
    signatureFormats,
    repository: `${reference.registry}/${reference.repository}`,
    provenance:
      signing.way === 'none' || !hasProvenance
        ? undefined
        : {
            path: givenPath,
            source: annotations[sourceAnnotation],
            revision: annotations[revisionAnnotation],
            rendering,
            env,
            startedMs,
          },
  };
}

function pickFacts(inputs: Inputs): Omit<SummaryFacts, 'outcome'> {
  const { revision, commitUrl, isDryRun, trustedRoot, signing } = inputs;
  const { plainHttp } = inputs.registry;
  const logs = signing.way === 'keyless' ? signing.services.logs : [];
  // A legacy signature has a place for an entry of Rekor v1 only.
  const isLogged = logs.some(({ version }) => version === 1 || inputs.signatureFormats.includes('bundle'));
  return { revision, commitUrl, isDryRun, verifying: { plainHttp, trustedRoot, isLogged } };
}

/** A summary that can't be written makes no failure of what was published. */
async function writeSummary(host: Host, inputs: Inputs | undefined, render: () => string): Promise<void> {
  if (inputs?.hasSummary !== true) return;
  try {
    await host.summary(render());
  } catch (error) {
    host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: 'Job summary' });
  }
}
