// Every bound of Sealift as a named default with its reason. Whatever is read from outside passes one of these.

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** OCI content. */
export const ociLimits = {
  /** Bytes of a manifest or index: what every registry must accept (distribution-spec: pushing manifests). */
  manifestBytes: 4 * MIB,
  /** Bytes of a Sigstore bundle; a keyless one with log proof and timestamp has about 10 KiB. */
  bundleBytes: 128 * KIB,
  /** Bytes of all bundles of one artifact that are looked at; a flood above it fails closed. */
  bundlesBytes: 8 * MIB,
  /** Bytes of an artifact's compressed layer. */
  layerBytes: 16 * MIB,
  /** Bytes of any blob that the embedded registry takes. */
  blobBytes: 8 * 1024 * MIB,
  /** Referrers of one artifact that are looked at; a flood above it fails closed. */
  referrers: 200,
  /** Signatures of one artifact that are checked: each costs a public-key operation, and a layer is one. */
  signatures: 256,
  /** Pages of a referrers or tags answer; some registries give a hundred entries a page at most. */
  pages: 128,
  /** Bytes of all pages of one answer together. */
  listingBytes: 32 * MIB,
  /** Tags that are asked for at once: the most that some registries allow. */
  tagsPerPage: 1000,
  /** Tags of a repository that are listed. */
  tags: 10_000,
  /** Characters of a repository name (distribution-spec). */
  repositoryLength: 255,
  /** Layers and manifests that one manifest may list. */
  descriptors: 1000,
} as const;

/** A step of a workflow. */
export const actionLimits = {
  /** Time for all of it: a job of GitHub's own runners ends after six hours, one of others after five days. */
  minTimeoutMs: SECOND,
  maxTimeoutMs: 24 * 60 * MINUTE,
  /** Further tries of one request that may be asked for. */
  retries: 20,
  /** Characters of a user name, and of a password: tokens of some registries have 4,000. */
  credentialLength: 32 * KIB,
  /** Bytes of an event's payload; GitHub cuts them at 25 MB. */
  eventBytes: 32 * MIB,
} as const;

/** What Deliveries may follow. */
export const sourceLimits = {
  /** Folders from a layout root down to a layout. */
  layoutDepth: 16,
  /** Characters of a range of versions, and of the pattern that tags must match. */
  rangeLength: 256,
  /** Characters of tags times those of the pattern, some ten nanoseconds each: a thousand tags and a usual pattern take
   *  half a million. */
  filterSteps: 20_000_000,
} as const;

/** Copies from store to store: what one call may be led to fetch. */
export const copyLimits = {
  /** Manifests of one copy: those of the roots, of what they list and of what refers to them. */
  manifests: 20_000,
  blobs: 100_000,
  /** Bytes of all manifests of one copy together; some of them wait in memory for what they are made of. */
  manifestBytes: 256 * MIB,
  /** How deep indexes and referrers may lead from a root. */
  depth: 32,
  /** Referrers of one manifest. Above what a verifier looks at: a copy drops none of them. */
  referrers: 5000,
  /** Blobs that move at once: more of them share the same line. */
  transfers: 6,
  /** Roots that are under way at once; each keeps some calls and a transfer busy. */
  roots: 24,
  /** Other calls to the stores at once; most are small requests that wait for an answer. */
  calls: 16,
  /** Tags that a list lacks which are asked for by name, before it is believed: those of eight manifests or so. */
  sampledTags: 32,
} as const;

/** Image layouts in a tar. */
export const layoutTarLimits = {
  /** Headers of a tar; one of `docker save` has a few a layer. */
  headers: 250_000,
  /** Bytes of a pax header or a long name: a path and some numbers. */
  extensionBytes: 64 * KIB,
} as const;

/** HTTP to registries. */
export const httpLimits = {
  /** Bytes of a file of CA certificates; the public ones together have 220 KiB. */
  caBytes: MIB,
  /** Longer than a read and a write of a tag take together: after it another writer's word is seen. */
  settleMs: 150,
  /** Bytes of an error answer's body that are read. */
  errorBodyBytes: 64 * KIB,
  /** Bytes of a body that nobody wants which are read to keep its connection; above it the connection is given up. */
  discardBytes: 64 * KIB,
  /** Tries of one request, the first one included. */
  tries: 5,
  /** Time from a connection's start until a request without a large body is sent. */
  connectTimeoutMs: 30 * SECOND,
  /** Time from the request's end until the answer's head arrives. */
  responseTimeoutMs: 30 * SECOND,
  /** How much of a request's body adds a second to that: registries hash and move a blob before they answer. */
  responseBytesPerSecond: 16 * MIB,
  /** Time in which a body has to move by {@link httpLimits.idleBytes} before it counts as stuck. */
  idleTimeoutMs: 30 * SECOND,
  /** Less than half a KiB a second is no transfer but a trap. */
  idleBytes: 16 * KIB,
  /** Time for the whole body of an answer that is no content of any size: listings, manifests, error pages. */
  documentTimeoutMs: 2 * MINUTE,
  /** The longest wait before another try; where Retry-After asks for more, the call ends. */
  maxRetryDelayMs: 30 * SECOND,
  /** The first wait is below this, each further one below twice the one before. */
  minRetryDelayMs: 200,
  /** Redirects of one request: a registry, its storage, and a mirror or two. */
  redirects: 5,
  /** Times that a broken download goes on from where it was; in a row without a single byte, at most {@link httpLimits.fruitlessResumes}. */
  resumes: 50,
  fruitlessResumes: 3,
  /** Tries of a whole upload, from its POST on. */
  uploads: 4,
  /** Bytes of a chunk, held in memory, where a registry takes no blob in one piece: six at once stay below 50 MiB. */
  chunkBytes: 8 * MIB,
  /** What a registry may ask for as the least size of a chunk. */
  maxChunkBytes: 16 * MIB,
  /** Tries of one chunk. */
  chunkTries: 4,
  /** Connections to one host. */
  connections: 16,
  /** Content from here on is worth a connection that ends with it. */
  largeBytes: 16 * MIB,
  /** Bytes that such a connection reads at once, and how many reads may wait for whoever reads the content. */
  readBytes: 256 * KIB,
  waitingReads: 4,
  /** Bytes of request or answer headers, as node:http counts them. */
  headerBytes: 32 * KIB,
} as const;

/** Ways to registries: proxies, certificates. */
export const networkLimits = {
  /** Characters of NO_PROXY that are read; sites list some hundred hosts. */
  noProxyLength: 64 * KIB,
  /** Characters of a proxy's address, password included. */
  proxyLength: 4 * KIB,
  /** Files of a host's certificate directory that are read; one has a handful. */
  certificateFiles: 32,
  /** Bytes of each of them, and of a client certificate with its chain or a key. */
  certificateBytes: MIB,
  /** Hosts with certificates of their own whose connections are kept apart; the oldest go first. */
  hosts: 256,
  /** Certificates of a chain that are looked at; most have two or three. */
  chainLength: 10,
  /** Characters of a certificate's names that an error repeats. */
  certificateNameLength: 200,
} as const;

/** The embedded registry. */
export const serverLimits = {
  /** Uploads under way at once; a site's pushes are few. */
  uploads: 256,
  /** Time without a request after which an upload is given up. */
  uploadIdleMs: 10 * MINUTE,
  connections: 1024,
  /** Time without a byte on a connection, in either direction. */
  connectionIdleMs: 2 * MINUTE,
  /** Time for a TLS handshake: a slow line needs a few round trips. */
  handshakeMs: 10 * SECOND,
  /** Time for the head of a request ("slow loris"). */
  headersMs: 30 * SECOND,
  /** Time for requests under way to end when it closes: below the 10 s after which container runtimes kill. */
  closeGraceMs: 8 * SECOND,
  /** Bytes of a refused body that are taken off a connection: the refusal of a manifest reaches who sends it whole. */
  unwantedBytes: 4 * MIB,
  /** Folders below a writer's directory in which other writers are looked for. */
  lockedFolders: 100_000,
  /** The shortest time between two lines about failed requests. */
  logRestMs: SECOND,
  /** Bytes of a file with certificates, a key, or accounts. */
  fileBytes: MIB,
  /** Time for which such a file is not looked at again: what changed takes effect so soon. */
  fileRestMs: 5 * SECOND,
  accounts: 10_000,
  /** Highest cost of a bcrypt hash: one check at 14 takes a second or two, each further one doubles it. */
  passwordCost: 14,
  /** Bytes of a password; bcrypt looks at no more. */
  passwordBytes: 72,
  /** Password checks that wait for the one under way. */
  passwordChecks: 32,
  /** Those of one address: guesses from one place must not keep all others out. */
  passwordChecksOfAddress: 4,
  /** Right passwords that are remembered; the oldest go first. */
  passwords: 1000,
} as const;

/** Garbage collection of image layouts. */
export const garbageLimits = {
  /** What is younger is never removed unless asked: a push by digest comes before its tag, a signature before both. */
  minAgeMs: 24 * 60 * MINUTE,
  /** The shortest time between two collections of a running registry: each reads every manifest. */
  minIntervalMs: MINUTE,
} as const;

/** Log-in to registries. */
export const authLimits = {
  /** Characters of the challenges of one answer; real ones have some hundred. */
  challengeLength: 8 * KIB,
  /** Challenges of one answer, and parameters of one challenge. */
  challenges: 16,
  challengeParameters: 32,
  /** Scopes of one token, and characters of them; a mount needs two. */
  scopes: 16,
  scopeLength: 4 * KIB,
  /** Bytes of a token server's answer. */
  tokenAnswerBytes: 64 * KIB,
  /** Characters of a token: it goes into a header, and those that list many groups have 8 KiB. */
  tokenLength: 16 * KIB,
  /** Time for one token, further tries included. */
  tokenTimeoutMs: MINUTE,
  /** What a token lives that does not say (token authentication specification). */
  tokenLifetimeMs: MINUTE,
  /** The longest time that a token is kept, whatever it says: rights may have been taken away. */
  maxTokenLifetimeMs: 60 * MINUTE,
  /** A token is not used any more so long before its end, or in the last quarter of a short life. */
  tokenMarginMs: 10 * SECOND,
  /** Tokens that are kept; the oldest go first. */
  tokens: 1000,
  /** Repositories of which it is remembered how to log in to them; the oldest go first. */
  repositories: 1000,
  /** Time after which a credential is looked up again: helpers give short-lived ones. */
  credentialLifetimeMs: 5 * MINUTE,
  /** Bytes of a file with credentials. */
  credentialFileBytes: MIB,
  /** Bytes of a credential helper's output, and of its words that are looked at. */
  helperOutputBytes: 64 * KIB,
  helperErrorBytes: 4 * KIB,
  /** Time for a credential helper: some ask a cloud, or a person to unlock a key ring. */
  helperTimeoutMs: MINUTE,
  /** Characters of the name of a credential helper. */
  helperNameLength: 64,
} as const;

/** Paths and globs that say together what is published. */
export const collectLimits = {
  /** Lines: each is compared with each file. */
  paths: 100,
  /** Characters of names times those of globs, some ten nanoseconds each: 20,000 files and ten globs take half of it. */
  pathSteps: 50_000_000,
} as const;

/** Archives in layers. */
export const archiveLimits = {
  entries: 20_000,
  /** Bytes of all files of a layer, unpacked: what a puller of some hundred MiB can parse. */
  totalBytes: 16 * MIB,
  /** Bytes of one file: above etcd's 1.5 MiB no object can be applied; parsing one file is one turn of the loop. */
  fileBytes: 2 * MIB,
  /** Bytes of one extended header (pax, GNU long names). */
  metadataBytes: 64 * KIB,
  /** Bytes of a path, and of each name in it: what file systems take. */
  pathBytes: 1024,
  nameBytes: 255,
  pathDepth: 32,
  folders: 20_000,
} as const;

/** What is packed, unless more is asked for: what a puller would refuse must not be published. */
export const packLimits = {
  entries: archiveLimits.entries,
  totalBytes: archiveLimits.totalBytes,
  fileBytes: archiveLimits.fileBytes,
  layerBytes: ociLimits.layerBytes,
} as const;

/** Layers that wait to be pushed. */
export const spoolLimits = {
  /** Bytes of a layer that are kept in memory; a larger one goes into a file. Objects of a site have less. */
  memoryBytes: 4 * MIB,
} as const;

/** Ignore files of what is published. */
export const ignoreLimits = {
  /** Bytes of all of one run together; long ones have some KiB. */
  bytes: 256 * KIB,
  /** Patterns of all of them together. */
  patterns: 10_000,
  /** Bytes of one pattern: those of the longest path. */
  patternBytes: 1024,
  /** Steps of all comparisons of patterns with paths, about 40 ns each; 20,000 files and 100 patterns take 43 million. */
  steps: 200_000_000,
} as const;

/** YAML and the objects in it. */
export const resourceLimits = {
  /** Documents of one file. */
  documents: 10_000,
  /** Objects of one artifact. */
  resources: 20_000,
  /** Depth of nesting in one document. */
  depth: 100,
  /** Bytes that the aliases of one document may add ("billion laughs"): more fits into no object. */
  aliasBytes: 3 * MIB,
  /** What a node counts there, beside its text: about what it takes in memory. */
  aliasNodeBytes: 64,
  /** Bytes of one object as JSON: the API server's limit for a request is 3 MiB, etcd's 1.5 MiB. */
  resourceBytes: 3 * MIB,
  /** Problems that are reported of one run. */
  problems: 100,
} as const;

/** Rendering by kustomize and helm. */
export const renderLimits = {
  /** Time for one run of a tool: most take less than a second; charts from elsewhere are fetched first. */
  toolTimeoutMs: 2 * MINUTE,
  /** Time for a tool to say its version. */
  versionTimeoutMs: 30 * SECOND,
  /** Bytes that a tool may write: what may be published, and as much again for what is left out of it. */
  outputBytes: 2 * archiveLimits.totalBytes,
  /** Bytes of a tool's words that are kept, its last ones: there it says why it failed. */
  wordsBytes: 8 * KIB,
  /** Bytes of a kustomization, of a Chart.yaml and of a schema of values. */
  documentBytes: 512 * KIB,
  /** Kustomizations that one is made of; large trees have some hundred. */
  kustomizations: 1000,
  /** Files and folders of a chart, and files that kustomizations name. */
  entries: 20_000,
  /** Bytes of all of them together. */
  sourceBytes: 64 * MIB,
  /** How deep a chart's folders may nest, links followed: what leads in a circle ends there. */
  depth: 32,
  /** Files of values of one run. */
  values: 100,
  /** Folders above a directory in which its checkout is looked for. */
  parents: 64,
} as const;

/** Patches of Deliveries. */
export const patchLimits = {
  /** Documents in the text of one. */
  documents: 32,
  /** Operations of one JSON patch. */
  operations: 256,
  /** What the copies of one may add to an object, about bytes as JSON: each may double it. */
  copiedBytes: resourceLimits.resourceBytes,
} as const;

/** Variables of Deliveries, and the texts that they are filled into. */
export const substitutionLimits = {
  /** Variables of one Delivery: what some full ConfigMaps hold. */
  variables: 4096,
  /** Bytes of all of them; a ConfigMap holds 1 MiB. */
  variableBytes: 4 * MIB,
  /** How deep expressions may nest in one another. */
  depth: 8,
  /** Characters that one text may become: more fits into no object. */
  resultLength: 3 * MIB,
  /** Parts of a pattern times characters of the text; each takes some ten nanoseconds. */
  patternSteps: 4_000_000,
  /** Those of all patterns of a Delivery, and the characters of all values that are asked for and of what they become: a
   *  short text can ask for a long value often, and what results is held in memory. */
  steps: 64 * MIB,
  /** Characters below which text is not kept out of messages: `1` is no secret, and stands everywhere. */
  secretLength: 3,
} as const;

/** Files that sops has encrypted. */
export const sopsLimits = {
  /** Bytes of one age file with a key in it; each recipient takes some hundred. */
  ageBytes: 64 * KIB,
  /** Recipients of one file, and identities of one Delivery: each pair is tried. */
  recipients: 64,
  identities: 64,
  /** Pairs of a key in a file and an identity of the Delivery that are tried for what was encrypted together; each takes
   *  some tenths of a millisecond. Real files have one key a recipient. */
  tries: 4096,
  /** Bytes of one pattern that says which members are encrypted, and of what it is with its repetitions written out:
   *  people name a few members. */
  patternBytes: 1024,
  patternParts: 4096,
  /** Characters of the names that one pattern is tried on, each name once, times those parts; some ten nanoseconds each. */
  patternSteps: 25_000_000,
} as const;

/** Schemas that objects are checked with. */
export const schemaLimits = {
  /** Parts of the schema of one CRD's version; the largest public ones have some ten thousand. */
  nodes: 100_000,
  /** How deep a schema may nest: a document's depth, of which each part of a schema takes two, allows no more. */
  depth: 64,
  /** Characters of a pattern, and of one whose repetitions are written out: RE2 makes a program of each. */
  patternLength: 4096,
  patternParts: 500_000,
  /** All patterns of one CRD's version, written out and divided by sixteen, as steps count them. */
  patternsParts: 500_000,
  /** What one run may cost: values times the schemas that they are compared with, some ten to hundred nanoseconds each; a
   *  thousand Deployments take a hundred thousand. */
  steps: 50_000_000,
  /** Names that a misspelt one is compared with. */
  suggestions: 500,
  /** What one evaluation of a CRD's rule may cost: the API server's own limit per call, in steps of about its size. */
  ruleSteps: 1_000_000,
  /** Steps that it takes to compile a rule, half a millisecond, and more for each of its characters. */
  ruleCompiling: 5000,
  ruleCharacter: 10,
  /** Steps of a value that is copied with its defaults: all of them take some hundred megabytes at most. */
  copiedValue: 20,
  /** Characters of a rule's message that are shown. */
  ruleMessage: 400,
} as const;

/** Images that resources name. */
export const imageLimits = {
  /** Characters of an image: host, name, tag and digest at their longest have some 700. */
  referenceLength: 1024,
  /** Fields of one artifact that name an image. */
  fields: 50_000,
  /** Images that are looked up at once. */
  lookups: 8,
  /** Problems that are reported of one run. */
  problems: 100,
  /** Rules that images are rewritten by, and policies of one file. */
  rewrites: 100,
  policies: 1000,
  /** Patterns of tags that a repository leaves out. */
  exclusions: 25,
  /** Characters of a pattern of tags, and of what is taken out of them. */
  patternLength: 256,
  /** Steps of a pattern over all tags of a repository, some forty nanoseconds each: ten thousand tags of 30 characters
   *  and a usual pattern take six million. */
  filterSteps: 30_000_000,
} as const;

/** Comparing artifacts. */
export const diffLimits = {
  /** Fields that are named of one changed object. */
  fields: 100,
  /** Lines that may differ between two texts before all of the differing part counts as new. */
  edits: 2000,
  /** Steps of one comparison of artifacts, some nanoseconds each; beyond it, texts that differ count as new. */
  steps: 200_000_000,
} as const;

/** Plans of pull requests: reports, and comments made of them. */
export const planLimits = {
  /** Characters of a secret below which it is masked in its Secret only: `true` or `80` would hide half of a plan. */
  secretCharacters: 4,
  /** Texts that are looked for elsewhere; with more, all texts are masked whole. */
  secrets: 50_000,
  /** Characters that are looked at for secrets in one plan, some tens of nanoseconds each; beyond it, texts are masked whole. */
  maskSteps: 50_000_000,
  /** Characters of all diffs of a report; GitHub shows less. */
  reportCharacters: 8 * MIB,
  /** Bytes of a report's file, whose text may need escapes. */
  reportBytes: 64 * MIB,
  /** GitHub takes 65,536 characters of a comment. */
  commentCharacters: 60_000,
  /** The runner drops summaries above 1 MiB; in characters, of which one may have three bytes. */
  summaryCharacters: 300_000,
  /** Characters of a name or field in a table. */
  cellCharacters: 300,
  /** Fields in a row of a table. */
  cellFields: 5,
  /** Pages of a hundred comments that are searched for ours. */
  commentPages: 50,
} as const;

/** GitHub's API, as the actions call it. */
export const githubLimits = {
  /** Bytes of an answer: a page has a hundred comments of 65,536 characters at most. */
  answerBytes: 32 * MIB,
  /** Tries of one request, the first one included. */
  tries: 3,
  /** The longest wait before another try; GitHub's secondary limits ask for a minute. */
  maxRetryDelayMs: MINUTE,
  /** Time for all calls of one purpose, waits included: what was done is done, and the job waits for words about it. */
  totalMs: 3 * MINUTE,
  /** Redirects of one request, as of a repository that was renamed; none leaves the API's origin. */
  redirects: 3,
  /** Characters of the description of a status or a deployment. */
  descriptionCharacters: 140,
  /** Characters of an environment's name. */
  environmentCharacters: 255,
  /** Newest deployments of an environment among which a promotion finds its own, and those that it follows. */
  deployments: 100,
  /** Deployments that one promotion marks as followed by another: as a rule it is one. */
  superseded: 10,
} as const;

/** Keys and signatures. */
export const signingLimits = {
  /** Bytes of a key file. */
  keyBytes: 64 * KIB,
  /** scrypt parameters of an encrypted key file: cosign writes N = 65536, r = 8, p = 1. */
  scryptMaxN: 1 << 20,
  scryptMaxR: 16,
  scryptMaxP: 4,
  scryptMaxMemory: 512 * MIB,
  /** How far a statement's `issuedAt` may lie in the future, where the policy says nothing else. */
  clockSkewMs: 5 * MINUTE,
  /** How far above the highest promotion a statement that still waits for signers uses up sequences. */
  begunReach: 100,
  /** Referrers of an artifact beyond which no heartbeat is added: the rest is for what decides. */
  heartbeatReferrers: 150,
  /** Log entries and timestamps of one bundle: each costs a signature check. */
  logEntries: 8,
  timestamps: 8,
  /** Layers of one legacy signature manifest: one a signature. */
  legacySignatures: 64,
  /** Bytes of a legacy signature's payload; cosign writes some hundred. */
  legacyPayloadBytes: 64 * KIB,
  /** Bytes of a trusted root; the public instance's has 7 KiB. */
  trustRootBytes: 256 * KIB,
  /** Characters of a certificate's subject, issuer or claim. */
  identityLength: 2048,
  /** Bytes of an identity token: GitHub's have 2 KiB, some issuers list groups. */
  identityTokenBytes: 32 * KIB,
  /** Bytes of a signing configuration; the public instance's has 2 KiB. */
  signingConfigBytes: 64 * KIB,
  /** Services of one kind in a signing configuration. */
  signingServices: 64,
  /** Bytes of an answer by a certificate authority, log or timestamp authority. */
  serviceAnswerBytes: 256 * KIB,
  /** Time for one request to such a service, further tries included; Rekor v2 answers after its batch is written. */
  serviceTimeoutMs: MINUTE,
  /** Certificates of one chain. */
  certificateChain: 8,
  /** A certificate that ends sooner than this is not used for another signature. */
  certificateSpareMs: MINUTE,
  /** Time for a signing command: somebody may have to touch a token. */
  signerTimeoutMs: 2 * MINUTE,
  /** Bytes of a signing command's output, and of its words that are repeated in an error. */
  signerOutputBytes: 16 * KIB,
  signerErrorBytes: 2 * KIB,
  /** Bytes of a predicate that is attached; with signature and proofs it must stay below the bound of bundles. */
  predicateBytes: 64 * KIB,
} as const;

/** What provenance says of a run. */
export const provenanceLimits = {
  /** Characters of a workflow's name with its ref; git's refs may have some thousand, paths 260. */
  textLength: 2048,
} as const;

/** The longest time that a policy or statement may ask for: a hundred years; longer ones end in no date. */
export const longestDurationMs = 100 * 365 * 24 * 60 * MINUTE;

/** CEL expressions of policies. */
export const expressionLimits = {
  textLength: 4096,
  /** How deep an expression or a predicate may nest. */
  depth: 64,
  /** Loops (`all`, `exists`, `map`, `filter`) within each other. */
  loops: 3,
  /** Characters of a pattern for `matches`, which may repeat its parts a thousand times. */
  patternLength: 512,
  /** What one evaluation may cost: values of the predicate, parts of the expression in each turn of a loop, text; most
   *  take some hundred nanoseconds, the worst some microseconds. */
  steps: 1_000_000,
  /** The same for a tenant's expression on an object or a Delivery, which is evaluated again and again: some ten
   *  milliseconds. The largest objects have some ten thousand values. */
  objectSteps: 50_000,
  /** Characters of all expressions of one Delivery: they are read at each change of it. */
  deliveryTextLength: 16_384,
} as const;

/** Judging outside a cluster. */
export const judgingLimits = {
  /** Bytes of a file of policies and what they refer to. */
  policyFileBytes: 4 * MIB,
} as const;

/** Requests to the API server. */
export const kubeLimits = {
  /** Bytes of one answer; the largest is aggregated discovery. */
  answerBytes: 16 * MIB,
  /** Bytes of one line of a watch: an object and its wrapping. */
  watchLineBytes: 8 * MIB,
  requestTimeoutMs: 30 * SECOND,
  /** Time between PINGs that find dead connections. */
  pingIntervalMs: 15 * SECOND,
  pingTimeoutMs: 10 * SECOND,
  reconnectMinMs: 200,
  reconnectMaxMs: 10 * SECOND,
  /** Writes under way at once; 32 was the best measured on two cores. */
  concurrency: 24,
} as const;

/** The puller. */
export const pullerLimits = {
  retryMinMs: SECOND,
  retryMaxMs: 5 * MINUTE,
  /** What a Delivery may ask for; what is beyond counts as the bound. */
  durations: {
    sourceInterval: { minMs: 5 * SECOND, maxMs: 24 * 60 * MINUTE },
    sourceTimeout: { minMs: SECOND, maxMs: 5 * MINUTE },
    interval: { minMs: MINUTE, maxMs: 24 * 60 * MINUTE },
    retryInterval: { minMs: SECOND, maxMs: 60 * MINUTE },
    timeout: { minMs: SECOND, maxMs: 24 * 60 * MINUTE },
    /** Shorter ones are lost to a busy API server; what others ask for is not waited for longer, either. */
    lease: { minMs: 3 * SECOND, maxMs: 10 * MINUTE },
  },
  /** Corrections of one object before the fight detector backs off. */
  correctionBurst: 5,
  /** Time in which one more correction is granted. */
  correctionRefillMs: 6 * SECOND,
  /** Secrets of sources that are remembered; beyond it all are read again. */
  sourceSecrets: 1024,
  /** Bytes of what is of use in one of them, in base64; a bundle of CAs is the largest. */
  sourceSecretBytes: 256 * KIB,
  /** Pull Secrets of one service account; each is a request. */
  imagePullSecrets: 8,
  /** Ways to registries (credentials, certificates, proxy) whose connections are kept at once. */
  sourceAccesses: 256,
  /** Objects that a status lists. */
  inventoryEntries: 1000,
  /** Bytes of all verified artifacts on the puller's volume, with their statements; one has some ten to hundred KiB. */
  storedBytes: 512 * MIB,
  /** Bytes of a configuration that is kept with them; nothing reads it. */
  storedConfigBytes: 4 * KIB,
  /** Time to keep one: the longest look at a source. */
  storingMs: 5 * MINUTE,
  /** Artifacts that wait to be kept; what is beyond is kept at a later look. */
  storeQueue: 4096,
  /** Layout roots: sticks and shares of a site are a handful. */
  layoutRoots: 64,
  /** Objects with an owner label that are remembered. */
  liveObjects: 200_000,
  /** Characters of resources that are compressed together, and opened for each of them that is to be sent. */
  packLength: 32 * KIB,
  /** When memory is given back: looks at the CPU time that was used, what of it between two looks is quiet, and the work
   *  after which it is worth a collection, which takes a tenth of a second. */
  idleMemory: { lookMs: 5 * SECOND, quietMs: 100, workMs: SECOND },
  sharedTexts: {
    /** Texts that are remembered to be shared: as many as the kinds of objects in a fleet, with room for times. */
    count: 512,
    /** Characters of one; longer ones are rarely alike. */
    length: 8192,
  },
  /** Fields of one object's drift that are named, and field managers that took them: a note has 1 KiB. */
  namedFields: 8,
  namedManagers: 4,
  /** Objects that a condition names; of the others there is the number. */
  namedObjects: 3,
  /** Watches on a namespace's autoscalers at once; each is a stream of the API server. */
  autoscalerWatches: 100,
  /** Autoscalers of one namespace that are remembered. */
  autoscalers: 1000,
  /** Time for a namespace's autoscalers to be told. */
  autoscalersTimeoutMs: 10 * SECOND,
  /** Time between two questions where kinds are served, that failed applies ask. */
  movedKindsMs: 2 * SECOND,
  /** Holds that are remembered of one Delivery, ended ones as well: one that is put there again gets no more time. */
  rememberedHolds: 64,
  /** The longest hold where no policy matches. */
  defaultHoldMs: 4 * 60 * MINUTE,
  /** Deliveries that are looked at at once: most of a look is waiting for the registry. Of one namespace fewer, so
   *  that one whose registry hangs holds up nobody else. */
  looks: 32,
  looksOfNamespace: 24,
  /** Times the cost of one evaluation of a tenant's expression that its namespace waits before the next. */
  expressionRests: 20,
  /** Objects of others whose health Deliveries wait for; each is a stream of the API server, which takes about 1,000. */
  watchedObjects: 300,
  namedObjectsOfNamespace: 50,
  /** Time until an object is read again for its expressions, or its kind looked up, after that has failed. */
  healthRetryMs: 30 * SECOND,
  /** Time for which a status that tells of nothing but progress is held back: what is done by then needs no telling. */
  progressHoldMs: 1500,
  /** Time between two statuses of which only the words differ while something is in progress. */
  progressEveryMs: 5 * SECOND,
  /** Characters of a condition's message. */
  messageLength: 1024,
  /** Time for an object to end that is deleted to be made anew: pods have 30 s to end by themselves. */
  recreateTimeoutMs: 45 * SECOND,
  /** How often objects are looked for that a Delivery's end waits for, where no watch tells of them. */
  terminationLookMs: 10 * SECOND,
  /** Claims of other Deliveries to one's objects that are remembered as told. */
  toldClaims: 256,
  /** Bytes of a Delivery's record, compressed; a Secret holds at most 1 MiB. */
  recordBytes: 900 * KIB,
  /** Records read in one request at the start: most are small, a page of the largest must fit into one answer. */
  recordsOfPage: { min: 10, max: 200, bytes: 1024 * KIB },
  /**
   * Characters of base64 of records: a larger one has a Secret of its own; a Secret of many takes no more once it has that
   * many, since each write sends all of it; what such Secrets may hold beyond twice of what counts before they are
   * written together, and how many of them may be there beyond what that would need.
   */
  recordLog: { entryBytes: 32 * KIB, segmentBytes: 64 * KIB, slackBytes: 256 * KIB, slackSegments: 4 },
  /** What comes that long after a write of records shares the next one; a single record waits for none. */
  recordGatherMs: 15,
} as const;
