// Command envsubst-oracle answers how Flux substitutes variables in a text. Each line on stdin is a question in JSON;
// the answer is one line of JSON: the text that results, or that it is refused.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/fluxcd/pkg/envsubst"
)

type question struct {
	Text      string            `json:"text"`
	Variables map[string]string `json:"variables"`
}

type answer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println("envsubst-oracle 1.7.1")
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		// Strict as Flux is: a variable that is not there is an error.
		text, err := envsubst.Eval(asked.Text, func(name string) (string, bool) {
			value, found := asked.Variables[name]
			return value, found
		})
		given := answer{Text: text}
		if err != nil {
			given = answer{Error: err.Error()}
		}
		if err := out.Encode(given); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
