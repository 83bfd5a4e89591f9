// Prints the version of the Gateway API, whose CustomResourceDefinitions stand beside this program.
package main

import (
	"fmt"

	"sigs.k8s.io/gateway-api/pkg/consts"
)

func main() {
	fmt.Println("gateway-api " + consts.BundleVersion)
}
