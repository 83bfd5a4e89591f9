//go:build tools

// Package fulcio pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package fulcio

import _ "github.com/sigstore/fulcio"
