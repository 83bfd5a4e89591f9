//go:build tools

// Package conformance pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package conformance

import _ "github.com/opencontainers/distribution-spec/conformance"
