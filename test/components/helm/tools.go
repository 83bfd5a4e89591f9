//go:build tools

// Package helm pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package helm

import _ "helm.sh/helm/v3/cmd/helm"
