package sandmill

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
)

// The first byte of a reply that is not success.
const (
	replyFailed  = 1
	replySkipped = 2
)

var errNoProcessor = errors.New("there is no processor: call sandmill.Process in an init function")

// runTask calls the processor, and hands over its rows if it succeeds.
func runTask(in *Input, process func(*Input) error) error {
	err := call(func() error {
		if process == nil {
			return errNoProcessor
		}
		return process(in)
	})
	if err == nil {
		err = in.rows.err
	}
	if err == nil {
		in.rows.flush()
	}
	return err
}

func runInit(init func() error) error {
	if init == nil {
		return nil
	}
	return call(init)
}

// call makes an error of a panic.
func call(function func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			hostLog(string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return function()
}

// replyTo is the message that tells the host of an error; nil for success.
func replyTo(err error) []byte {
	if err == nil {
		return nil
	}
	kind := byte(replyFailed)
	if isSkip(err) {
		kind = replySkipped
	}
	return append([]byte{kind}, err.Error()...)
}

// declaredColumns is a JSON array of the columns; nil if they are not declared.
func declaredColumns(columns []string) []byte {
	if columns == nil {
		return nil
	}
	array, err := json.Marshal(columns)
	if err != nil {
		panic(err) // Strings never fail.
	}
	return array
}
