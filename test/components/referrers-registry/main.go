// Command referrers-registry serves go-containerregistry's in-memory registry with the referrers API
// (OCI Distribution Spec 1.1) on the address given, until it is stopped.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: referrers-registry ADDRESS | version")
	}
	if os.Args[1] == "version" {
		fmt.Println("referrers-registry 0.22.1")
		return
	}
	log.Fatal(http.ListenAndServe(os.Args[1], registry.New(registry.WithReferrersSupport(true))))
}
