// Writes what has one source and two places: puller/deploy/ from src/api, so that the YAML that is installed and the
// schemas that the puller reads with are one, and the README's tables from action.yml. test/generated.test.ts fails
// where a file is old.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
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

const fieldSchema = z.object({
  description: z.string(),
  required: z.boolean().optional(),
  default: z.string().optional(),
});
const actionSchema = z.object({
  inputs: z.record(z.string(), fieldSchema),
  outputs: z.record(z.string(), fieldSchema),
});

/** The README with its tables of inputs and outputs as action.yml has them. */
export function generateReadme(readme: string, actionYaml: string): string {
  const { inputs, outputs } = actionSchema.parse(parse(actionYaml));
  const rows = [
    '| input | default | |',
    '| --- | --- | --- |',
    ...Object.entries(inputs).map(
      ([name, field]) => `| \`${name}\` | ${formatDefault(field)} | ${toCell(field.description)} |`,
    ),
    '',
    '| output | |',
    '| --- | --- |',
    ...Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${toCell(description)} |`),
  ];
  return readme.replace(/<!-- inputs -->[\s\S]*<!-- \/inputs -->/u, () =>
    ['<!-- inputs -->', ...rows, '<!-- /inputs -->'].join('\n'),
  );
}

function formatDefault(field: z.infer<typeof fieldSchema>): string {
  if (field.required === true) return 'required';
  return field.default === undefined || field.default === '' ? '' : `\`${field.default}\``;
}

function toCell(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/gu, ' ')
    .replaceAll('|', String.raw`\|`);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  for (const [name, text] of generateDeploy()) await writeFile(join(root, 'puller', 'deploy', name), text);
  const readme = join(root, 'README.md');
  const actionYaml = await readFile(join(root, 'action.yml'), 'utf8');
  await writeFile(readme, generateReadme(await readFile(readme, 'utf8'), actionYaml));
}
