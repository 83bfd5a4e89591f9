//go:build tools

// Package rekorserver pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package rekorserver

import _ "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix"
