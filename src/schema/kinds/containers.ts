// Containers: names, ports, variables, mounts, probes and resources.
import { isDnsLabel, isDnsSubdomain, isPortName } from '../../resources/names.ts';
import { parseQuantity, type Quantity } from '../../resources/quantity.ts';
import {
  below,
  checkMembers,
  checkNumber,
  checkText,
  checkUnique,
  entriesOf,
  isThere,
  itemsOf,
  numberOf,
  requireText,
  sizeOf,
  textOf,
  type Field,
} from './fields.ts';
import { labelForm, subdomainForm } from './metadata.ts';

const maxPort = 65_535;
const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const hooks = ['exec', 'httpGet', 'tcpSocket', 'sleep'];
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const podFields =
  /^(?:metadata\.(?:name|namespace|uid)|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIPs?|podIPs?)|metadata\.(?:labels|annotations)\['.+'\])$/u;
/** Resources by their own names; others have a prefix. */
const ownResources = /^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/u;
const portName = 'a name of a port: a-z, 0-9 and single dashes, at most 15';

/** @param volumes names of the pod's volumes */
export function checkContainer(container: Field, volumes: ReadonlySet<string>): void {
  checkText(below(container, 'name'), isDnsLabel, labelForm);
  const image = below(container, 'image');
  requireText(image, 'an image');
  checkText(image, (text) => text.trim() === text, 'an image without spaces around it');
  checkPorts(below(container, 'ports'));
  for (const one of itemsOf(below(container, 'env'))) checkVariable(one);
  for (const one of itemsOf(below(container, 'envFrom'))) {
    checkMembers(one, ['configMapRef', 'secretRef']);
    for (const name of ['configMapRef', 'secretRef']) checkReference(below(one, name));
  }
  checkMounts(below(container, 'volumeMounts'), volumes);
  checkAmounts(below(container, 'resources'));
  for (const name of probes) checkProbe(below(container, name), name);
  for (const name of ['postStart', 'preStop']) checkHandler(below(container, 'lifecycle', name), hooks);
  const security = below(container, 'securityContext');
  checkUser(security);
  if (
    below(security, 'privileged').value === true &&
    below(security, 'allowPrivilegeEscalation').value === false
  )
    security.refuse('allowPrivilegeEscalation not false where privileged is true');
}

/** Users and groups are numbers of 31 bits. */
export function checkUser(security: Field): void {
  for (const name of ['runAsUser', 'runAsGroup', 'fsGroup'])
    checkNumber(below(security, name), 0, 2 ** 31 - 1);
}

function checkPorts(ports: Field): void {
  const all = itemsOf(ports);
  for (const port of all) {
    checkNumber(below(port, 'containerPort'), 1, maxPort);
    checkNumber(below(port, 'hostPort'), 0, maxPort);
    checkText(below(port, 'name'), isPortName, portName);
  }
  checkUnique(
    all.map((port) => below(port, 'name')),
    textOf,
    'a name',
  );
}

/** A port by its number or its name. */
export function checkPort(port: Field): void {
  checkNumber(port, 1, maxPort);
  checkText(port, isPortName, portName);
}

function checkVariable(variable: Field): void {
  checkText(
    below(variable, 'name'),
    (text) => /^[\u0020-\u007e]+$/u.test(text) && !text.includes('='),
    'a name of printable ASCII characters without =',
  );
  const from = below(variable, 'valueFrom');
  if (!isThere(from)) return;
  if (textOf(below(variable, 'value')) !== '') from.refuse('either value or valueFrom', 'both');
  else checkMembers(from, sources);
  for (const name of ['configMapKeyRef', 'secretKeyRef']) checkReference(below(from, name));
  checkText(
    below(from, 'fieldRef', 'fieldPath'),
    (text) => podFields.test(text),
    'a field that pods may refer to',
  );
}

function checkReference(reference: Field): void {
  if (!isThere(reference)) return;
  const name = below(reference, 'name');
  requireText(name, 'a name');
  checkText(name, isDnsSubdomain, subdomainForm);
}

function checkMounts(mounts: Field, volumes: ReadonlySet<string>): void {
  const all = itemsOf(mounts);
  for (const mount of all) {
    const name = below(mount, 'name');
    if (textOf(name) !== '' && !volumes.has(textOf(name)))
      name.refuse('a volume of this pod', 'no such volume');
    for (const path of ['subPath', 'subPathExpr']) {
      const isBelow = (text: string): boolean => !text.startsWith('/') && !text.split('/').includes('..');
      checkText(below(mount, path), isBelow, 'a relative path without ..');
    }
  }
  checkUnique(
    all.map((mount) => below(mount, 'mountPath')),
    textOf,
    'a path',
  );
}

function checkAmounts(resources: Field): void {
  const limits = below(resources, 'limits');
  for (const field of [limits, below(resources, 'requests')]) {
    for (const [name, amount] of entriesOf(field)) checkAmount(name, amount);
  }
  for (const [name, amount] of entriesOf(below(resources, 'requests'))) {
    const limit = quantityOf(below(limits, name));
    const request = quantityOf(amount);
    const mustBeEqual = !ownResources.test(name) || name.startsWith('hugepages-');
    if (request === undefined) continue;
    if (limit === undefined) {
      if (mustBeEqual) below(limits, name).refuse(`a limit, since there is a request`, 'nothing');
    } else if (request.nanos > limit.nanos) amount.refuse(`at most the limit of ${name}`, 'more');
    else if (mustBeEqual && request.nanos !== limit.nanos)
      amount.refuse(`as much as the limit of ${name}`, 'less');
  }
}

function checkAmount(name: string, amount: Field): void {
  const quantity = quantityOf(amount);
  if (!ownResources.test(name) && !name.includes('/')) {
    amount.refuse('a resource that there is: cpu, memory, or one with a prefix', name.slice(0, 60));
  } else if (quantity !== undefined && quantity.nanos < 0n) amount.refuse('at least 0', 'less');
  else if (quantity?.isInteger === false && name.includes('/')) amount.refuse('a whole number', 'a fraction');
}

/** A quantity that is there, written as text or as a number. */
export function quantityOf({ value }: Field): Quantity | undefined {
  return typeof value === 'string' || typeof value === 'number'
    ? parseQuantity(String(value).trim())
    : undefined;
}

function checkProbe(probe: Field, name: (typeof probes)[number]): void {
  if (!isThere(probe)) return;
  checkHandler(probe, handlers);
  for (const time of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    checkNumber(below(probe, time), 0);
  const successes = below(probe, 'successThreshold');
  if (name !== 'readinessProbe' && (numberOf(successes) ?? 1) > 1) successes.refuse('1', 'more');
}

function checkHandler(handler: Field, names: readonly string[]): void {
  if (!isThere(handler)) return;
  checkMembers(handler, names);
  const exec = below(handler, 'exec');
  const command = below(exec, 'command');
  if (isThere(exec) && sizeOf(command) === 0) command.refuse('a command', 'nothing');
  for (const name of ['httpGet', 'tcpSocket']) checkPort(below(handler, name, 'port'));
  checkNumber(below(handler, 'grpc', 'port'), 1, maxPort);
}
