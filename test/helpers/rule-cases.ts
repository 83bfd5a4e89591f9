// Rules in CEL, each with a value that it holds of and one that it does not: one CRD with a field for each. And objects
// of the Gateway API, whose CRDs have some hundred rules.
import type { Sample } from './schema-cases.ts';

type Field = {
  readonly schema: Sample;
  readonly rule: Sample;
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
};

const text = { type: 'string', maxLength: 100 };
const integer = { type: 'integer' };
const texts = { type: 'array', items: text, maxItems: 20 };
const integers = { type: 'array', items: integer, maxItems: 20 };

function field(schema: Sample, rule: string, good: readonly unknown[], bad: readonly unknown[]): Field {
  return { schema, rule: { rule }, good, bad };
}

const range = {
  type: 'object',
  properties: { min: integer, max: integer, mode: { type: 'string', default: 'a' } },
};

/** Fields of the spec, each with a rule. */
const fields: Readonly<Record<string, Field>> = {
  compared: field(range, 'self.min <= self.max', [{ min: 1, max: 2 }], [{ min: 3, max: 2 }, { min: 1 }]),
  presence: field(range, 'has(self.min) == has(self.max)', [{}, { min: 1, max: 1 }], [{ min: 1 }]),
  filledIn: field(
    range,
    "has(self.mode) && self.mode == 'a'",
    [{}, { mode: 'a' }, { mode: null }],
    [{ mode: 'b' }],
  ),
  wholeNumber: field({ type: 'number' }, 'self < 2.5 && self != 1.0', [2, 2.4], [1, 3]),
  division: field(integer, '10 / self > 1', [2], [0, 10]),
  port: field(
    { 'x-kubernetes-int-or-string': true, maxLength: 20 },
    "type(self) == int ? self < 100 : self.endsWith('%')",
    [80, '5%'],
    [100, 'x'],
  ),
  when: field(
    { type: 'string', format: 'date-time' },
    "self > timestamp('2020-01-01T00:00:00Z')",
    ['2026-01-01T00:00:00Z'],
    ['2019-01-01T00:00:00Z'],
  ),
  day: field(
    { type: 'string', format: 'date' },
    "self >= timestamp('2020-01-01T00:00:00Z')",
    ['2020-01-01'],
    ['2019-12-31'],
  ),
  span: field({ type: 'string', format: 'duration' }, "self <= duration('1h')", ['1h', '5m30s'], ['61m']),
  bytes: field({ type: 'string', format: 'byte', maxLength: 100 }, 'size(self) == 2', ['YWI='], ['YQ==']),
  map: field(
    { type: 'object', additionalProperties: integer, maxProperties: 10 },
    "self.all(key, key.startsWith('a') && self[key] > 0)",
    [{ ab: 1 }, {}],
    [{ b: 1 }, { a: 0 }],
  ),
  escaped: field(
    { type: 'object', properties: { namespace: text, 'a-b': text, 'c.d': text, __e: text } },
    "self.__namespace__ != 'x' && self.a__dash__b == 'y' && has(self.c__dot__d) && !has(self.__underscores__e)",
    [{ namespace: 'a', 'a-b': 'y', 'c.d': 'z' }],
    [
      { namespace: 'x', 'a-b': 'y', 'c.d': 'z' },
      { namespace: 'a', 'a-b': 'y' },
    ],
  ),
  matched: field(text, "self.matches('^a+$')", ['aa'], ['ab']),
  found: field(
    text,
    "self.find('[0-9]+') == '12' && self.findAll('[0-9]+').size() == 2",
    ['a12b3'],
    ['12', 'a1b12'],
  ),
  split: field(text, "self.split('-').size() == 2 && self.split('-')[1] == 'bc'", ['a-bc'], ['ab-c', 'abc']),
  joined: field(texts, "self.join('.') == 'a.b'", [['a', 'b']], [['b', 'a']]),
  upper: field(text, "self.upperAscii() == 'ABC' && self.lowerAscii() == 'abc'", ['aBc'], ['ab']),
  cut: field(
    text,
    "self.indexOf('-') == 1 && self.lastIndexOf('-') == 3 && self.charAt(0) == 'a' && self.trim().substring(2, 3) == 'b'",
    ['a-b-', 'a-b- '],
    ['ab--', 'b-b-', '-'],
  ),
  replaced: field(text, "self.replace('-', '.') == 'a.b'", ['a-b'], ['ab']),
  quoted: field(text, `strings.quote(self) == '"a"'`, ['a'], ['b']),
  sorted: field(
    integers,
    'self.isSorted() && self.sum() < 10 && self.max() < 7 && self.indexOf(3) == 0',
    [[3, 4]],
    [[3, 7], [4, 3], [1]],
  ),
  sortedTexts: field(texts, "self.isSorted() && self.min() > 'a'", [['b', 'c']], [['a'], ['c', 'b']]),
  sets: field(
    texts,
    "sets.contains(['a', 'b'], self) && !sets.intersects(self, ['c'])",
    [['a', 'b'], []],
    [['c']],
  ),
  unique: field(texts, 'self.all(x, self.exists_one(y, x == y))', [['a', 'b']], [['a', 'a']]),
  filtered: field(integers, 'self.filter(x, x > 1).map(x, x * 2).exists(x, x == 4)', [[1, 2]], [[1], [3]]),
  quantity: field(
    text,
    "isQuantity(self) && quantity(self).isLessThan(quantity('1Gi')) && quantity(self).compareTo(quantity('512Mi')) >= 0",
    ['512Mi', '600M', '0.5Gi'],
    ['1Gi', '1Gx', '100k', '1024Mi'],
  ),
  wholeQuantity: field(
    text,
    'quantity(self).isInteger() && quantity(self).add(1).asInteger() > 1 && sign(quantity(self)) == 1',
    ['1', '1.5k', '1Ki'],
    ['500m', '1000m', '1.0', '-1', 'x', '0'],
  ),
  address: field(
    text,
    'isIP(self) && ip(self).family() == 4 && !ip(self).isLoopback() && ip(self).isGlobalUnicast()',
    ['10.0.0.1', '192.168.1.1'],
    ['127.0.0.1', '::1', '10.0.0.256', '169.254.1.1', '224.0.0.1', '010.0.0.1', '255.255.255.255', '0.0.0.0'],
  ),
  address6: field(
    text,
    'isIP(self) && ip.isCanonical(self) && ip(self).family() == 6 && !ip(self).isLinkLocalUnicast() && !ip(self).isLinkLocalMulticast()',
    ['2001:db8::1', '::1'],
    ['2001:DB8::1', '2001:db8:0::1', 'fe80::1', 'ff02::1', '::ffff:1.2.3.4', 'fe80::1%eth0'],
  ),
  network: field(
    text,
    "isCIDR(self) && cidr('10.0.0.0/8').containsCIDR(self) && cidr(self).containsIP('10.1.0.1') && cidr(self).masked() == cidr(self) && cidr(self).prefixLength() >= 16",
    ['10.1.0.0/16', '10.1.0.0/24'],
    ['10.1.0.1/16', '11.1.0.0/16', '10.2.0.0/16', '10.0.0.0/8', '10.1.0.0/33', '10.1.0.0', '10.1.0.0/016'],
  ),
  network6: field(
    text,
    "isCIDR(self) && string(cidr(self).masked()) == '2001:db8:1::/48' && cidr(self).ip().family() == 6",
    ['2001:db8:1::/48', '2001:db8:1:2::/48'],
    ['2001:db8:2::/48', '2001:db8:1::/49', '::ffff:1.2.3.4/100'],
  ),
  url: field(
    text,
    "isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() == 'example.com' && url(self).getPort() in ['', '8443'] && url(self).getEscapedPath().startsWith('/a')",
    ['https://example.com/a', 'https://example.com:8443/a/b?q=1', 'https://u@example.com/a?q=1&q=2#f'],
    [
      'http://example.com/a',
      'https://example.com',
      'example.com/a',
      'https://example.com:1/a',
      'https://exa mple.com/a',
      '/a',
      '',
    ],
  ),
  query: field(text, "url(self).getQuery()['q'] == ['1', '2']", ['/a?q=1&q=2'], ['/a?q=1', '/a']),
  path: field(
    text,
    'isURL(self)',
    ['/a', 'mailto:x', 'https://[::1]:80/x', 'https://a.b/%41'],
    ['a', '', 'https://a.b/%zz', 'https://[::1', '://a'],
  ),
  label: field(
    text,
    '!format.dns1123Label().validate(self).hasValue()',
    ['a-b', '1'],
    ['A', 'a.b', '-a', ''],
  ),
  formatted: field(
    text,
    "!format.named('dns1123Subdomain').value().validate(self).hasValue() && !format.qualifiedName().validate(self).hasValue()",
    ['a.b-c'],
    ['a_b', 'a..b'],
  ),
  concatenated: field(
    texts,
    "(self + ['z']).size() == 2 && '%s-%d'.format([self[0], size(self)]) == 'a-1'",
    [['a']],
    [['b'], []],
  ),
  converted: field(text, "int(self) + 1 == 3 && string(double(self)) != ''", ['2'], ['3', 'x']),
  nothing: field(
    { type: 'object', properties: { a: { type: 'string', nullable: true }, b: { type: 'integer' } } },
    'has(self.a) || has(self.b)',
    [{ a: 'x' }, { b: 0 }],
    [{}, { a: null }, { b: null }],
  ),
  nothings: field(
    { type: 'object', additionalProperties: { type: 'string', nullable: true }, maxProperties: 3 },
    "'a' in self && self.size() == 1",
    [{ a: 'x' }, { a: null }],
    [{}, { b: null }],
  ),
  sameSets: field(
    {
      type: 'object',
      properties: Object.fromEntries(
        ['a', 'b'].map((name) => [name, { ...texts, 'x-kubernetes-list-type': 'set' }]),
      ),
    },
    'self.a == self.b',
    [
      { a: ['x', 'y'], b: ['x', 'y'] },
      { a: ['x', 'y'], b: ['y', 'x'] },
    ],
    [
      { a: ['x'], b: ['y'] },
      { a: ['x'], b: ['x', 'y'] },
    ],
  ),
  short: field(
    range,
    'has(self.min) && self.min == 1 || self.max > 1',
    [{ min: 1 }, { max: 2 }],
    [{ max: 1 }, {}],
  ),
  nested: field(
    { type: 'array', maxItems: 5, items: { type: 'object', properties: { a: texts } } },
    'self.all(x, !has(x.a) || x.a.all(y, y.size() < 3))',
    [[{ a: ['ab'] }, {}]],
    [[{ a: ['abc'] }]],
  ),
};

/** Rules beside those of one field. */
const others: Sample = {
  items: {
    type: 'array',
    maxItems: 5,
    items: {
      type: 'object',
      properties: { n: integer },
      'x-kubernetes-validations': [{ rule: 'self.n > 0', fieldPath: '.n' }],
    },
  },
  values: {
    type: 'object',
    maxProperties: 5,
    additionalProperties: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self % 2 == 0' }] },
  },
  template: {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-validations': [{ rule: "self.kind == 'Pod' && self.metadata.name.startsWith('a')" }],
  },
  said: {
    type: 'integer',
    'x-kubernetes-validations': [
      { rule: 'self < 10', messageExpression: "self > 19 ? 'is far too large' : 'is too large'" },
      { rule: 'self != 5', message: 'must not be five' },
    ],
  },
  kept: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
  parts: {
    type: 'array',
    maxItems: 5,
    items: {
      type: 'object',
      properties: { size: { type: 'integer', default: 1 } },
    },
    'x-kubernetes-validations': [{ rule: 'self.all(x, x.size > 0)' }],
  },
};

/** The CRD of all of them. */
export const gaugeDefinition: Sample = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gauges.example.com' },
  spec: {
    group: 'example.com',
    names: { kind: 'Gauge', plural: 'gauges', singular: 'gauge', listKind: 'GaugeList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            'x-kubernetes-validations': [
              { rule: "self.metadata.name.startsWith('g')" },
              { rule: '!has(self.status)' },
            ],
            properties: {
              spec: {
                type: 'object',
                properties: {
                  ...Object.fromEntries(
                    Object.entries(fields).map(([name, { schema, rule }]) => [
                      name,
                      { ...schema, 'x-kubernetes-validations': [rule] },
                    ]),
                  ),
                  ...others,
                },
              },
              status: {
                type: 'object',
                properties: { a: { type: 'integer' } },
                'x-kubernetes-validations': [{ rule: 'self.a > 5' }],
              },
            },
          },
        },
      },
    ],
  },
};

export const gaugePath = 'apis/example.com/v1/namespaces/default/gauges';

function gauge(spec: unknown, rest: Sample = {}): Sample {
  return { apiVersion: 'example.com/v1', kind: 'Gauge', metadata: { name: 'g' }, spec, ...rest };
}

/** Objects with the field that breaks a rule, or undefined where none does. */
export const gauges: readonly (readonly [Sample, string | undefined])[] = [
  ...Object.entries(fields).flatMap(([name, { good, bad }]) => [
    ...good.map((value) => [gauge({ [name]: value }), undefined] as const),
    ...bad.map((value) => [gauge({ [name]: value }), `spec.${name}`] as const),
  ]),
  [gauge({ items: [{ n: 1 }, { n: 2 }] }), undefined],
  [gauge({ items: [{ n: 1 }, { n: 0 }] }), 'spec.items[1].n'],
  [gauge({ values: { a: 2, b: 4 } }), undefined],
  [gauge({ values: { a: 2, b: 3 } }), 'spec.values.b'],
  [gauge({ template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } } }), undefined],
  [gauge({ template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } } }), 'spec.template'],
  [gauge({ said: 10 }), 'spec.said'],
  [gauge({ said: 20 }), 'spec.said'],
  [gauge({ said: 5 }), 'spec.said'],
  [gauge({ kept: 'a' }), undefined],
  [gauge({ parts: [{}, { size: 2 }] }), undefined],
  [gauge({ parts: [{ size: 0 }] }), 'spec.parts'],
  [gauge({}, { metadata: { name: 'h' } }), ''],
  [gauge({}, { status: { a: 1 } }), undefined],
];

const parent = [{ name: 'gate' }];

function route(rules: unknown, rest: Sample = {}): Sample {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r' },
    spec: { parentRefs: parent, rules, ...rest },
  };
}

function gateway(listeners: readonly unknown[], rest: Sample = {}): Sample {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'g' },
    spec: { gatewayClassName: 'c', listeners, ...rest },
  };
}

const plain = { name: 'http', protocol: 'HTTP', port: 80 };
const certificates = [{ name: 'tls' }];
const redirect = { type: 'RequestRedirect', requestRedirect: { scheme: 'https' } };
const rewrite = (path: unknown): unknown => ({ type: 'URLRewrite', urlRewrite: { path } });
const prefix = { path: { type: 'PathPrefix', value: '/a' } };

/** Objects of the Gateway API. Which of them are right, its CRDs say. */
export const gatewayObjects: readonly Sample[] = [
  gateway([plain]),
  gateway([plain, plain]),
  gateway([plain, { ...plain, name: 'other' }]),
  gateway([plain, { ...plain, name: 'other', hostname: 'a.example.com' }]),
  gateway([{ ...plain, tls: { certificateRefs: certificates } }]),
  gateway([{ name: 'https', protocol: 'HTTPS', port: 443 }]),
  gateway([{ name: 'https', protocol: 'HTTPS', port: 443, tls: {} }]),
  gateway([{ name: 'https', protocol: 'HTTPS', port: 443, tls: { certificateRefs: certificates } }]),
  gateway([{ name: 'https', protocol: 'HTTPS', port: 443, tls: { mode: 'Passthrough' } }]),
  gateway([{ name: 'tcp', protocol: 'TCP', port: 9, hostname: 'a.example.com' }]),
  gateway([plain], { addresses: [{ value: '10.0.0.1' }, { value: '10.0.0.1' }] }),
  gateway([plain], { addresses: [{ type: 'Hostname', value: 'a_b' }] }),
  gateway([plain], {
    addresses: [
      { type: 'Hostname', value: 'a.b' },
      { type: 'IPAddress', value: '10.0.0.1' },
    ],
  }),
  gateway([plain], { infrastructure: { labels: { 'a/b': 'c' } } }),
  gateway([plain], { infrastructure: { labels: { 'a/b/c': 'c' } } }),
  route([{ backendRefs: [{ name: 'web', port: 80 }] }]),
  route([{ backendRefs: [{ name: 'web' }] }]),
  route([{ backendRefs: [{ name: 'web', kind: 'Other', group: 'example.com' }] }]),
  route([{ matches: [{ path: { type: 'Exact', value: 'a' } }] }]),
  route([{ matches: [{ path: { type: 'PathPrefix', value: '/a//b' } }] }]),
  route([{ matches: [{ path: { type: 'PathPrefix', value: '/a/../b' } }] }]),
  route([{ matches: [{ path: { type: 'RegularExpression', value: 'a//b' } }] }]),
  route([{ matches: [{ path: { value: '/a b' } }] }]),
  route([{ matches: [{ method: 'GET', headers: [{ name: 'x', value: 'y' }] }] }]),
  route([{ filters: [redirect] }]),
  route([{ filters: [redirect], backendRefs: [{ name: 'web', port: 80 }] }]),
  route([{ filters: [redirect, redirect] }]),
  route([{ filters: [{ type: 'RequestRedirect' }] }]),
  route([{ filters: [{ type: 'RequestMirror', requestRedirect: { scheme: 'https' } }] }]),
  route([{ filters: [rewrite({ type: 'ReplaceFullPath', replaceFullPath: '/b' })] }]),
  route([{ filters: [rewrite({ type: 'ReplaceFullPath', replacePrefixMatch: '/b' })] }]),
  route([
    { filters: [rewrite({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' })], matches: [prefix] },
  ]),
  route([
    {
      filters: [rewrite({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' })],
      matches: [prefix, { path: { type: 'Exact', value: '/a' } }],
    },
  ]),
  route([{ filters: [rewrite({ type: 'ReplaceFullPath', replaceFullPath: '/b' }), redirect] }]),
  route([{ timeouts: { request: '1s', backendRequest: '2s' } }]),
  route([{ timeouts: { request: '2s', backendRequest: '1s' } }]),
  route([{ timeouts: { request: '0s', backendRequest: '1s' } }]),
  route([{ name: 'a' }, { name: 'a' }]),
  route(Array.from({ length: 17 }, () => ({ matches: Array.from({ length: 8 }, () => prefix) }))),
  route([], { parentRefs: [...parent, ...parent] }),
  route([], {
    parentRefs: [
      { name: 'gate', sectionName: 'a' },
      { name: 'gate', sectionName: 'b' },
    ],
  }),
  route([], { parentRefs: [{ name: 'gate', sectionName: 'a' }, { name: 'gate' }] }),
  route([], {
    parentRefs: [
      { name: 'gate', namespace: 'a' },
      { name: 'gate', namespace: 'b' },
    ],
  }),
  route([], { hostnames: ['*.example.com'] }),
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: { name: 'r' },
    spec: { parentRefs: parent, rules: [{ matches: [{ method: { method: 'Get', service: 'a.B' } }] }] },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: { name: 'r' },
    spec: {
      parentRefs: parent,
      rules: [{ matches: [{ method: { method: 'G/t' } }, { method: { type: 'Exact' } }] }],
    },
  },
  ...[
    { hostname: 'a.example.com', wellKnownCACertificates: 'System' },
    { hostname: 'a.example.com' },
    {
      hostname: 'a.example.com',
      wellKnownCACertificates: 'System',
      caCertificateRefs: [{ name: 'a', kind: 'ConfigMap', group: '' }],
    },
    { hostname: 'a.example.com', wellKnownCACertificates: 'System', subjectAltNames: [{ type: 'URI' }] },
    {
      hostname: 'a.example.com',
      wellKnownCACertificates: 'System',
      subjectAltNames: [{ type: 'Hostname', hostname: 'a.b' }],
    },
  ].map((validation): Sample => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata: { name: 'p' },
    spec: { targetRefs: [{ group: '', kind: 'Service', name: 'web' }], validation },
  })),
];

/** The collection that an object of the Gateway API is made in. */
export function gatewayPathOf({ kind }: Sample): string {
  const plural = kind === 'BackendTLSPolicy' ? 'backendtlspolicies' : `${String(kind).toLowerCase()}s`;
  return `apis/gateway.networking.k8s.io/v1/namespaces/default/${plural}`;
}
