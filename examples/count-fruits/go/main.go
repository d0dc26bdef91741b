// Sums up what is in a basket: a program that reads standard input and prints a JSON object. basket.go parses.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	sums, err := read(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(sums)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
