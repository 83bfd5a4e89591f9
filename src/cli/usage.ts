// What `sealift help` prints.

export const usage = `sealift — signed configuration delivery to Kubernetes without Git or internet

  sealift keygen [--output-key-prefix PREFIX]
      Writes a key pair in cosign's format. COSIGN_PASSWORD encrypts the private key.
  sealift init DIR --repository oci://HOST/REPO --verify-key KEY --promotion-key KEY [-f PATH] [--name NAME]
          [-n NAMESPACE] [--channel TAG] [--action OWNER/REPOSITORY@REF]
      Writes the first workflow, TrustPolicy and Delivery; nothing that is there is overwritten.
  sealift check PATH [--crds PATH]... [--kubernetes-version VERSION] [--strict-kinds]
      Says without a cluster whether its API server would take the YAML and JSON below PATH.
  sealift push oci://HOST/REPO:TAG -f PATH SIGNER [--source URL] [--revision TEXT] [--created TIME] [-a K=V]...
          [--signature-format bundle|legacy|both] [--provenance] [--rewrite FROM=TO]... [--lock-images]
          [--no-validate] [--allow-plaintext-secrets]
      Validates, packs, pushes, signs, verifies and only then tags the YAML and JSON below PATH.
  sealift sign REFERENCE SIGNER [--signature-format bundle|legacy|both] [--attest TYPE=FILE]...
      Signs what is in the registry already; what this signer signed before is left alone.
  sealift verify LOCATION --verify-key KEY... [--threshold N]
  sealift verify LOCATION --certificate-identity TEXT --certificate-oidc-issuer URL --trusted-root FILE
      Says whether the artifact is signed by the keys or identities. --certificate-identity-regexp matches all of it.
  sealift verify LOCATION --policy FILE [--as URL] [-n NAMESPACE] [--puller-namespace NAME]
      Gives the puller's verdict by the TrustPolicies of a file.
  sealift promote oci://HOST/REPO:TAG CHANNEL SIGNER --policy FILE | --verify-key KEY... [--promotion-key KEY]...
          [--repository NAME] [--epoch N] [--expires-in TIME] [--reason TEXT] [--after SEQUENCE] [--cosign STATEMENT]
          [--expect-current DIGEST] [--as URL] [-n NAMESPACE]
      Verifies the release, signs a promotion statement with another key, and moves the channel's tag.
  sealift promote oci://HOST/REPO CHANNEL SIGNER --rollback DIGEST | --heartbeat ...
      Promotes an older artifact anew, or says that what is promoted still is.
  sealift history oci://HOST/REPO CHANNEL --policy FILE | --promotion-key KEY...
      Shows what was promoted, the highest sequence first.
  sealift explain REFERENCE --policy FILE
  sealift explain delivery/NAME [-n NAMESPACE] [--kubeconfig FILE] [--context NAME]
      Prints check by check what was expected, what was found, and the command that mends it.
  sealift hold KIND[.GROUP]/NAME --for TIME --reason TEXT | --release [-n NAMESPACE] [--kubeconfig FILE] [--context NAME]
  sealift hold --list [-n NAMESPACE]
      Keeps the drift of an object that a Delivery keeps from being corrected, for a time; or ends that.
  sealift pull LOCATION DIR --verify-key KEY... | --policy FILE | --unverified [--replace]
      Verifies, then unpacks the artifact's files into DIR; DIR is exchanged as a whole.
  sealift copy LOCATION LOCATION [--all-tags] [--without-referrers]
      Copies artifacts with all signatures and attestations; what the target has is not sent again.
  sealift resolve LOCATION
  sealift inspect LOCATION [--raw]
  sealift list LOCATION [--all]
      Shows the digest, what a manifest is made of and what is attached to it, or the tags.
  sealift diff LOCATION LOCATION | -f PATH [--exit-code] [-o markdown]
      Shows which objects differ between two artifacts, Secrets masked.
  sealift images DIR | LOCATION [--resolve] [--rewrite FROM=TO]...
      Shows the container images that objects name, with file and line, and the digests that their tags show.
  sealift images update DIR --policy FILE [--dry-run]
      Puts newer tags where values are marked as for Flux, by the ImagePolicies of a file.
  sealift login HOST [-u NAME] [--password-stdin]
  sealift logout HOST
      Checks and keeps credentials where docker and oras find them, too.
  sealift doctor REFERENCE
      Says step by step how a registry is reached, with which credentials, and what fails.
  sealift serve DIR [--listen HOST:PORT] [--read-only] [--tls-cert FILE --tls-key FILE] [--htpasswd FILE]
          [--anonymous-pull] [--gc-interval TIME] [--min-age TIME]
      Serves the repositories below DIR as a registry, each an OCI image layout.
  sealift gc DIR [--dry-run] [--min-age TIME]
      Removes from image layouts what no tag and no signed artifact reaches.

Options of all: -o, --output text|json. Of those that read a PATH or DIR: --render auto|none|kustomize|helm, and for charts
--values FILE, --release-name NAME, --release-namespace NAME, --kube-version VERSION, --api-versions GROUP/VERSION,
--drop-hooks, --allow-network. Of those that talk to a registry: --plain-http, --registry-ca-cert FILE,
--registry-config FILE, --registry-username NAME, --registry-password KEY, --registry-client-cert FILE,
--registry-client-key KEY, --registry-proxy URL.
A LOCATION is HOST/REPO[:TAG][@DIGEST], oci-layout:DIR[:TAG][@DIGEST] or oci-archive:FILE[:TAG][@DIGEST].
A SIGNER is one of: --key KEY; --signer exec:COMMAND --signer-key PUBLIC-KEY; or, keyless, --signing-config FILE or
--fulcio-url URL [--rekor-url URL [--rekor-version 1|2]] --timestamp-url URL, with [--identity-token FILE]
[--trusted-root FILE] [--signing-ca-cert FILE] [--allow-public-log].
A KEY is a file, env://NAME, or - for stdin. The digest is the last line on stdout; everything else goes to stderr.
Exit codes: 0 done, 3 wrong input, 4 files not acceptable, 5 registry, 7 signing failed, 10 unsigned, 11 no such reference, 12 signed by
another, 14 signatures could not be read, 20–24 promotion or tag refused, 130 interrupted. docs/cli.md has them all.
`;
