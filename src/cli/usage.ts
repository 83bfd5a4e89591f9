// What `sealift help` prints.

export const usage = `sealift — signed configuration delivery to Kubernetes without Git or internet

  sealift keygen [--output-key-prefix PREFIX]
      Writes a key pair in cosign's format. COSIGN_PASSWORD encrypts the private key.
  sealift push oci://HOST/REPO:TAG -f PATH --key KEY [--source URL] [--revision TEXT] [--created TIME] [-a K=V]...
      Validates, packs, pushes, signs, verifies and only then tags the YAML and JSON below PATH.
  sealift verify REFERENCE --verify-key KEY...
      Says whether the artifact is signed by one of the keys.
  sealift promote oci://HOST/REPO:TAG CHANNEL --verify-key KEY... --key KEY [--promotion-key KEY]... [--repository NAME]
          [--epoch N] [--note TEXT]
      Verifies the release, signs a promotion statement with another key, and moves the channel's tag.
  sealift serve DIR [--listen HOST:PORT] [--read-only]
      Serves the repositories below DIR as a registry, each an OCI image layout.

Options of all: -o, --output text|json. Of those that talk to a registry: --plain-http, --registry-ca-cert FILE.
A KEY is a file, or env://NAME. The digest is the last line on stdout; everything else goes to stderr.
Exit codes: 0 done, 3 wrong input, 4 files not acceptable, 5 registry, 10 unsigned, 11 no such reference, 12 signed by
another, 14 signatures could not be read, 20–24 promotion or tag refused, 130 interrupted. docs/cli.md has them all.
`;
