// Pods: their containers, volumes, and where they may run.
import { isDnsLabel, isDnsSubdomain } from '../../resources/names.ts';
import { parseAddress } from '../../expressions/kubernetes/addresses.ts';
import { checkContainer, checkUser } from './containers.ts';
import {
  below,
  checkMembers,
  checkNumber,
  checkText,
  checkUnique,
  entriesOf,
  isThere,
  itemsOf,
  requireText,
  sizeOf,
  textOf,
  type Field,
} from './fields.ts';
import { checkLabelled, checkLabels, labelForm, subdomainForm } from './metadata.ts';

/** The largest mode of a file, as a number of the decimal system. */
const maxMode = 0o777;

/**
 * A template of pods: its labels and its pods.
 * @param claims names of volumes that are made for each pod
 */
export function checkTemplate(template: Field, claims: readonly string[] = []): void {
  checkLabelled(below(template, 'metadata'));
  checkPod(below(template, 'spec'), claims);
}

/** @param spec of a pod */
export function checkPod(spec: Field, claims: readonly string[] = []): void {
  const volumes = itemsOf(below(spec, 'volumes'));
  const names = new Set([...claims, ...volumes.map((volume) => textOf(below(volume, 'name')))]);
  const containers = below(spec, 'containers');
  if (sizeOf(containers) === 0) containers.refuse('a container', 'nothing');
  const all = [...itemsOf(containers), ...itemsOf(below(spec, 'initContainers'))];
  for (const container of all) checkContainer(container, names);
  const fieldsOfName = (fields: readonly Field[]): readonly Field[] =>
    fields.map((one) => below(one, 'name'));
  checkUnique(fieldsOfName(all), textOf, 'a name');
  checkUnique(fieldsOfName(volumes), textOf, 'a name');
  for (const volume of volumes) checkVolume(volume);
  checkText(below(spec, 'serviceAccountName'), isDnsSubdomain, subdomainForm);
  checkLabels(below(spec, 'nodeSelector'));
  checkUser(below(spec, 'securityContext'));
  checkPlacement(spec);
}

function checkPlacement(spec: Field): void {
  for (const toleration of itemsOf(below(spec, 'tolerations'))) {
    const operator = below(toleration, 'operator');
    if (textOf(operator) === 'Exists' && textOf(below(toleration, 'value')) !== '')
      operator.refuse('Equal where there is a value', 'Exists');
  }
  for (const spread of itemsOf(below(spec, 'topologySpreadConstraints')))
    checkNumber(below(spread, 'maxSkew'), 1);
  for (const alias of itemsOf(below(spec, 'hostAliases')))
    checkText(below(alias, 'ip'), (text) => parseAddress(text) !== undefined, 'an IP address');
}

function checkVolume(volume: Field): void {
  checkText(below(volume, 'name'), isDnsLabel, labelForm);
  checkMembers(
    volume,
    entriesOf(volume).flatMap(([name]) => (name === 'name' ? [] : [name])),
    0,
  );
  checkFiles(below(volume, 'secret'), 'secretName');
  checkFiles(below(volume, 'configMap'), 'name');
  const claim = below(volume, 'persistentVolumeClaim');
  if (isThere(claim)) requireText(below(claim, 'claimName'), 'a name of a claim');
  for (const source of itemsOf(below(volume, 'projected', 'sources'))) {
    for (const name of ['secret', 'configMap']) checkFiles(below(source, name), 'name');
  }
}

function checkFiles(source: Field, name: string): void {
  if (!isThere(source)) return;
  requireText(below(source, name), 'a name');
  const mode = 'defaultMode';
  for (const field of [
    below(source, mode),
    ...itemsOf(below(source, 'items')).map((item) => below(item, 'mode')),
  ]) {
    const { value } = field;
    if (typeof value === 'number' && (value < 0 || value > maxMode))
      field.refuse('a mode from 0 to 0777, octal', 'a number that is no such mode');
  }
}
