// Sums up what is in each basket, with the SDK. basket.go parses.
package main

import "sandmill"

func count(in *sandmill.Input) error {
	sums, err := read(in)
	if err != nil {
		return err
	}
	return in.Emit(sums)
}

func init() {
	sandmill.Rows(counts{})
	sandmill.Process(count)
}

func main() {} // Go wants one; it is never called.
