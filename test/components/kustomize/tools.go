//go:build tools

// Package kustomize pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package kustomize

import _ "sigs.k8s.io/kustomize/kustomize/v5"
