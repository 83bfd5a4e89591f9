// Writes puller/deploy/ from src/api, so that the YAML that is installed and the schemas that the puller reads with are
// one. test/deploy.test.ts fails where the files are old.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildCrds } from '../src/api/crds.ts';
import { buildDeployment, buildRights, buildSecretRights } from '../src/api/install.ts';

/** File names below puller/deploy/ and their texts. */
export function generateDeploy(): ReadonlyMap<string, string> {
  return new Map([
    ['crds.yaml', format('The CustomResourceDefinitions.', buildCrds())],
    ['rbac.yaml', format("The puller's namespace, account and rights.", buildRights())],
    [
      'watch-secrets.yaml',
      format(
        'To opt into: drift of Secrets is seen at once. The right to list Secrets is the right to read them.',
        buildSecretRights(),
      ),
    ],
    [
      'deployment.yaml',
      format(
        'The puller itself. Set the image to the one that you built from puller/Dockerfile.',
        buildDeployment(),
      ),
    ],
  ]);
}

function format(title: string, objects: readonly object[]): string {
  const documents = objects.map((object) =>
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `# ${title}\n# Made by \`npm run generate\` from src/api; do not edit.\n${documents.join('---\n')}`;
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '..', 'puller', 'deploy');
  for (const [name, text] of generateDeploy()) await writeFile(join(folder, name), text);
}
