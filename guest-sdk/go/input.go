package sandmill

import "io"

// Input is the input of a task, and the way to give its rows.
//
// Take it whole, with Bytes, if it fits into the sandbox's memory. If it may not, read it: it is an io.Reader.
type Input struct {
	// What is in memory of the input and has not been read.
	unread []byte
	// Whether the host may have more of it.
	more bool
	size int64
	rows rows
}

// Size is the size of the whole input in bytes.
func (in *Input) Size() int64 {
	return in.size
}

// Path is the path of the input, as the path column of the results shows it.
func (in *Input) Path() string {
	return hostPath()
}

// Read reads the next bytes of the input. Its only error is io.EOF.
func (in *Input) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	if len(in.unread) > 0 {
		n := copy(buffer, in.unread)
		in.unread = in.unread[n:]
		return n, nil
	}
	if in.more {
		if n := hostRead(buffer); n > 0 {
			return n, nil
		}
		in.more = false
	}
	return 0, io.EOF
}

// Bytes is the whole input, or what has not been read of it yet. It does not count as reading it.
func (in *Input) Bytes() []byte {
	if in.more {
		// The rest, and one byte: it takes a further call to see the end.
		rest := make([]byte, 0, int(in.size)+1)
		for len(rest) < cap(rest) {
			n, err := in.Read(rest[len(rest):cap(rest)])
			rest = rest[:len(rest)+n]
			if err != nil {
				break
			}
		}
		in.unread = rest
	}
	return in.unread
}

// Emit gives a row: anything that encoding/json makes a JSON object of, such as a struct with exported fields or a map.
// If the task fails or is skipped in the end, its rows are discarded.
//
// A value that JSON cannot hold, such as a NaN, is an error, and fails the task even if the error is dropped.
func (in *Input) Emit(row any) error {
	return in.rows.add(row)
}

// Reject reports a record of the input that could not be used: its number, counted from 1, its byte offset in the
// input (negative if that is not known), and the reason. The task goes on.
func (in *Input) Reject(record, offset int64, reason string) {
	hostReject(record, offset, reason)
}
