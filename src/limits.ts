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
  /** Pages of a referrers or tags answer. */
  pages: 10,
  /** Tags of a repository that are listed. */
  tags: 10_000,
  /** Characters of a repository name (distribution-spec). */
  repositoryLength: 255,
  /** Layers and manifests that one manifest may list. */
  descriptors: 1000,
} as const;

/** HTTP to registries. */
export const httpLimits = {
  /** Bytes of an error answer's body that are read. */
  errorBodyBytes: 64 * KIB,
  /** Tries of one request, the first one included. */
  tries: 5,
  /** Time until the answer's head arrives. */
  responseTimeoutMs: 30 * SECOND,
  /** Time without a byte of the body before it counts as stuck. */
  idleTimeoutMs: 30 * SECOND,
  /** The longest wait before another try, also where Retry-After asks for more. */
  maxRetryDelayMs: 30 * SECOND,
  /** Bytes of request or answer headers, as node:http counts them. */
  headerBytes: 32 * KIB,
} as const;

/** Archives in layers. */
export const archiveLimits = {
  entries: 20_000,
  /** Bytes of all files of a layer, unpacked: what a puller of some hundred MiB can parse. */
  totalBytes: 16 * MIB,
  /** Bytes of one file: above etcd's 1.5 MiB no object can be applied; parsing one file is one turn of the loop. */
  fileBytes: 2 * MIB,
  pathLength: 1024,
  pathDepth: 32,
} as const;

/** YAML and the objects in it. */
export const resourceLimits = {
  /** Documents of one file. */
  documents: 10_000,
  /** Objects of one artifact. */
  resources: 20_000,
  /** Depth of nesting in one document. */
  depth: 100,
  /** Nodes that the aliases of one document may expand to ("billion laughs"). */
  aliasCount: 1000,
  /** Bytes of one object as JSON: the API server's limit for a request is 3 MiB, etcd's 1.5 MiB. */
  resourceBytes: 3 * MIB,
  /** Problems that are reported of one run. */
  problems: 100,
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
  },
  /** Corrections of one object before the fight detector backs off. */
  correctionBurst: 5,
  /** Time in which one more correction is granted. */
  correctionRefillMs: 6 * SECOND,
  /** Objects with an owner label that are remembered. */
  liveObjects: 200_000,
  /** Characters of a condition's message. */
  messageLength: 1024,
  /** Bytes of a Delivery's record, compressed; a Secret holds at most 1 MiB. */
  recordBytes: 900 * KIB,
} as const;
