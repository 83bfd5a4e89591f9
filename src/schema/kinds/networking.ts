// Services, Ingresses and NetworkPolicies: ports, names of hosts, and what is led where.
import { isIP } from 'node:net';
import { parseNetwork } from '../../expressions/kubernetes/addresses.ts';
import { isDnsSubdomain, isPortName } from '../../resources/names.ts';
import { checkPort } from './containers.ts';
import {
  below,
  checkMembers,
  checkNumber,
  checkText,
  checkUnique,
  isThere,
  itemsOf,
  numberOf,
  requireText,
  sizeOf,
  textOf,
  type Field,
} from './fields.ts';
import { checkLabels, subdomainForm } from './metadata.ts';
import { checkSelector } from './selectors.ts';

const maxPort = 65_535;
const network = 'a network as 10.0.0.0/8';

export function checkService(object: Field): void {
  const spec = below(object, 'spec');
  const type = textOf(below(spec, 'type')) || 'ClusterIP';
  const ports = below(spec, 'ports');
  const isHeadless = textOf(below(spec, 'clusterIP')) === 'None';
  if (type === 'ExternalName') checkExternalName(below(spec, 'externalName'));
  else if (sizeOf(ports) === 0 && !isHeadless) ports.refuse('a port', 'nothing');
  checkServicePorts(itemsOf(ports), type);
  checkLabels(below(spec, 'selector'));
  for (const range of itemsOf(below(spec, 'loadBalancerSourceRanges')))
    checkText(range, (text) => parseNetwork(text.trim()) !== undefined, network);
}

function checkExternalName(name: Field): void {
  requireText(name, subdomainForm);
  checkText(name, (text) => isDnsSubdomain(text.replace(/\.$/u, '')), subdomainForm);
}

function checkServicePorts(ports: readonly Field[], type: string): void {
  for (const port of ports) {
    checkNumber(below(port, 'port'), 1, maxPort);
    const name = below(port, 'name');
    if (ports.length > 1 && textOf(name) === '') name.refuse('a name, since there are several ports');
    const target = below(port, 'targetPort');
    if (target.value !== 0) checkPort(target);
    const nodePort = below(port, 'nodePort');
    if ((numberOf(nodePort) ?? 0) !== 0 && type === 'ClusterIP')
      nodePort.refuse('nothing where the type is ClusterIP');
    checkNumber(nodePort, 0, maxPort);
  }
  checkUnique(
    ports.map((port) => below(port, 'name')),
    textOf,
    'a name',
  );
  const keyOf = (port: Field): string =>
    `${textOf(below(port, 'protocol')) || 'TCP'} ${numberOf(below(port, 'port')) ?? ''}`;
  checkUnique(ports, keyOf, 'a number and protocol');
}

export function checkIngress(object: Field): void {
  const spec = below(object, 'spec');
  const rules = itemsOf(below(spec, 'rules'));
  const fallback = below(spec, 'defaultBackend');
  if (rules.length === 0 && !isThere(fallback)) spec.refuse('rules, or a defaultBackend', 'neither');
  checkBackend(fallback);
  for (const rule of rules) {
    checkHost(below(rule, 'host'));
    for (const path of itemsOf(below(rule, 'http', 'paths'))) {
      const isExact = /^(?:Exact|Prefix)$/u.test(textOf(below(path, 'pathType')));
      const where = below(path, 'path');
      if (isExact || textOf(where) !== '') {
        if (!textOf(where).startsWith('/')) where.refuse('a path that begins with /');
        else if (isExact) checkText(where, isPlainPath, 'a path without //, /./, /../ and escaped slashes');
      }
      checkBackend(below(path, 'backend'));
    }
  }
}

function isPlainPath(text: string): boolean {
  return !/\/\/|\/\.\.?(?:\/|$)|%2f/iu.test(text);
}

function checkHost(host: Field): void {
  const isName = (text: string): boolean => isIP(text) === 0 && isDnsSubdomain(text.replace(/^\*\./u, ''));
  checkText(host, isName, 'a DNS name, perhaps behind *., and no address');
}

function checkBackend(backend: Field): void {
  if (!isThere(backend)) return;
  const isEmpty = sizeOf(backend) === 0;
  checkMembers(backend, ['service', 'resource']);
  const port = below(backend, 'service', 'port');
  if (isEmpty || !isThere(below(backend, 'service'))) return;
  const [name, number] = [textOf(below(port, 'name')), numberOf(below(port, 'number')) ?? 0];
  if (name === '' && number === 0) port.refuse('a name or a number of a port', 'neither');
  else if (name !== '' && number !== 0) port.refuse('either a name or a number of a port', 'both');
  checkNumber(below(port, 'number'), 0, maxPort);
  checkText(below(port, 'name'), isPortName, 'a name of a port');
}

export function checkNetworkPolicy(object: Field): void {
  const spec = below(object, 'spec');
  checkSelector(below(spec, 'podSelector'));
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const rule of itemsOf(below(spec, direction))) {
      for (const peer of itemsOf(below(rule, peers))) checkPeer(peer);
      for (const port of itemsOf(below(rule, 'ports'))) checkPort(below(port, 'port'));
    }
  }
}

function checkPeer(peer: Field): void {
  const block = below(peer, 'ipBlock');
  const selectors = ['podSelector', 'namespaceSelector'].map((name) => below(peer, name));
  for (const selector of selectors) checkSelector(selector);
  const hasSelector = selectors.some(isThere);
  if (!isThere(block)) {
    if (!hasSelector) peer.refuse('a selector, or a network', 'neither');
    return;
  }
  if (hasSelector) peer.refuse('either selectors or a network', 'both');
  for (const one of [below(block, 'cidr'), ...itemsOf(below(block, 'except'))])
    checkText(one, (text) => parseNetwork(text) !== undefined, network);
}
