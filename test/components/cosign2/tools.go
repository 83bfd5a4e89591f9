//go:build tools

// Package cosign2 pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package cosign2

import _ "github.com/sigstore/cosign/v2/cmd/cosign"
