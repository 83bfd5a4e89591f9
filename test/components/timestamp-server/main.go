// Command timestamp-server serves the API of Sigstore's timestamp authority (RFC 3161 over HTTP) on the port given,
// until it is stopped. The authority's own command also takes port 2112 on every interface, so a machine can run
// only one of it; this one takes no other port.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

const (
	policy  = "1.3.6.1.4.1.57264.2"
	timeout = 30 * time.Second
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println("timestamp-server 2.1.3")
		return
	}
	if len(os.Args) != 4 {
		log.Fatal("usage: timestamp-server PORT KEY_FILE CERTIFICATE_CHAIN_FILE | version")
	}
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	viper.Set("timestamp-signer", "file")
	viper.Set("timestamp-signer-hash", "sha256")
	viper.Set("file-signer-key-path", os.Args[2])
	viper.Set("certificate-chain-path", os.Args[3])
	viper.Set("enforce-intermediate-eku", true)
	viper.Set("default-policy-oid", policy)
	viper.Set("accepted-policy-oids", []string{policy})
	viper.Set("max-request-body-size", 1<<20)
	api := server.NewRestAPIServer("127.0.0.1", port, []string{"http"}, false, timeout, timeout)
	if err := api.Serve(); err != nil {
		log.Fatal(err)
	}
}
