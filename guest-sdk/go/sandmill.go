// Package sandmill is for processors of sandmill in Go: one function from an input to its rows. sandmill calls it for
// every file of a tree, each time in a sandbox of its own, and collects the rows.
//
//	package main
//
//	import (
//		"bytes"
//
//		"sandmill"
//	)
//
//	type counts struct {
//		Lines int `json:"lines"`
//		Words int `json:"words"`
//	}
//
//	func count(in *sandmill.Input) error {
//		text := in.Bytes()
//		return in.Emit(counts{
//			Lines: bytes.Count(text, []byte("\n")),
//			Words: len(bytes.Fields(text)),
//		})
//	}
//
//	func init() {
//		sandmill.Rows(counts{})
//		sandmill.Process(count)
//	}
//
//	func main() {} // Go wants one; it is never called.
//
// Build it as a reactor, a module whose exports sandmill calls:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o count.wasm
//
// Init functions and package variables are evaluated once for many tasks, before any of them is known: what depends on
// the task belongs into the function.
package sandmill

import (
	"errors"
	"fmt"
)

// What the processor has registered.
var processor struct {
	process func(*Input) error
	init    func() error
	columns []string
}

// Process makes function the processor. It is called once for every input, and the task fails with the error that it
// returns, if any. A panic fails the task, too: its message is the error's, and its stack is in the task's log.
//
// Call Process in an init function, once.
func Process(function func(*Input) error) {
	if processor.process != nil {
		panic("sandmill: Process is called twice")
	}
	processor.process = function
}

// Init has function called once in every sandbox, after all init functions and before the first task. If it returns an
// error, no task can run, so this is the place to check parameters.
func Init(function func() error) {
	processor.init = function
}

// Columns declares the columns of every row, in their order. Then the results have all of them even if no task
// succeeds, and a row that has others is a failure. Without it the columns are those that any row has.
func Columns(names ...string) {
	processor.columns = names
}

// Rows declares the columns to be those of row, as [Columns] does, and has what encoding/json learns of its type learnt
// once for all tasks: a small task in a sandbox of its own takes a third of the time then. The values in row are of no
// matter, but fields that are left out when they are empty are none of its columns.
//
// Call Rows in an init function. It panics if row is no JSON object.
func Rows(row any) {
	columns, err := columnsOf(row)
	if err != nil {
		panic("sandmill: Rows: " + err.Error())
	}
	processor.columns = columns
}

// Param is the value of --param name=value, and whether there is such a parameter.
func Param(name string) (value string, found bool) {
	return hostParam(name)
}

// Logf adds a line to the task's log. What is printed to the standard streams goes there as well.
func Logf(format string, args ...any) {
	hostLog(fmt.Sprintf(format, args...))
}

// Skip is what a processor returns for an input that is none of its business: no rows, and no failure. The reason is
// on record.
func Skip(reason string) error {
	return &skipped{reason}
}

type skipped struct{ reason string }

func (s *skipped) Error() string { return s.reason }

func isSkip(err error) bool {
	var skip *skipped
	return errors.As(err, &skip)
}
