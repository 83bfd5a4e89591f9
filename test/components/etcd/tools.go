//go:build tools

// Package etcd pins one test component: what this imports is what go.mod keeps and go.sum verifies.
package etcd

import _ "go.etcd.io/etcd/server/v3"
