//go:build tools

// Package cosign pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package cosign

import _ "github.com/sigstore/cosign/v3/cmd/cosign"
