//go:build tools

// Package kwok pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package kwok

import _ "sigs.k8s.io/kwok/cmd/kwok"
