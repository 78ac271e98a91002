// Renders one action of a Kanister blueprint as Kanister's controller does: blueprints phases|pod|artifacts < request.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	request, err := decode(text)
	if err != nil {
		return err
	}
	answers := map[string]func() (any, error){
		"phases":    request.phases,
		"pod":       request.pod,
		"artifacts": request.artifacts,
	}
	if len(os.Args) != 2 || answers[os.Args[1]] == nil {
		return fmt.Errorf("usage: blueprints phases|pod|artifacts < request")
	}
	answer, err := answers[os.Args[1]]()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}
