//go:build tools

// Package crane pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package crane

import _ "github.com/google/go-containerregistry/cmd/crane"
