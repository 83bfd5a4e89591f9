//go:build tools

// Package kubernetes pins the control plane's binaries: what this imports is what go.mod keeps and go.sum verifies.
package kubernetes

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
)
