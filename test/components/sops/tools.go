//go:build tools

// Package sops pins two test components: what this imports is what go.mod keeps and go.sum verifies.
package sops

import (
	_ "filippo.io/age/cmd/age-keygen"
	_ "github.com/getsops/sops/v3/cmd/sops"
)
