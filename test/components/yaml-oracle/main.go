// Command yaml-oracle answers how kubectl reads files. Each line on stdin is a file in base64; the answer is
// one line of JSON: the documents that kubectl sees, or its error, and what the strict reader says of the same text.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	jsonutil "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The buffer in which kubectl looks for the brace that a JSON stream begins with.
const guessBytes = 4096

type answer struct {
	// JSON with sorted keys, as text: whoever compares must not depend on another reader of JSON.
	Documents []string `json:"documents"`
	Error     string   `json:"error,omitempty"`
	// What YAMLToJSONStrict refuses: kubectl itself lets duplicate keys pass.
	Strict string `json:"strict,omitempty"`
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println("yaml-oracle 1.6.0")
		return
	}
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(read(text)); err != nil {
			log.Fatal(err)
		}
	}
}

func read(text []byte) (result answer) {
	// A reader that panics refuses, too.
	defer func() {
		if reason := recover(); reason != nil {
			result = answer{Documents: []string{}, Error: fmt.Sprint("panic: ", reason)}
		}
	}()
	documents, err := decode(text)
	result.Documents = documents
	if err != nil {
		result.Error = err.Error()
	}
	if err := strict(text); err != nil {
		result.Strict = err.Error()
	}
	return result
}

// decode does what kubectl's resource builder does with a file: raw documents first, of which the empty ones are
// skipped, then objects with whole and broken numbers told apart.
func decode(text []byte) ([]string, error) {
	documents := []string{}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), guessBytes)
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			if errors.Is(err, io.EOF) {
				return documents, nil
			}
			return documents, err
		}
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		var document any
		if err := jsonutil.Unmarshal(raw, &document); err != nil {
			return documents, err
		}
		var canonical strings.Builder
		encoder := json.NewEncoder(&canonical)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(document); err != nil {
			return documents, err
		}
		documents = append(documents, strings.TrimSpace(canonical.String()))
	}
}

func strict(text []byte) error {
	if json.Valid(text) {
		return nil
	}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		chunk, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := yaml.YAMLToJSONStrict(chunk); err != nil {
			return err
		}
	}
}
