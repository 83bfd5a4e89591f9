//go:build tools

// Package oras pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package oras

import _ "oras.land/oras/cmd/oras"
