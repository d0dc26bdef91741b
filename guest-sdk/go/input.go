package sandmill

import (
	"io"
	"slices"
)

// How much room there is at least when more of an input of unknown size is to come.
const pullBytes = 64 << 10

// Input is the input of a task, and the way to give its rows.
//
// Take it whole, with Bytes, if it fits into the sandbox's memory. If it may not, read it: it is an io.Reader.
type Input struct {
	// What is in memory of the input and has not been read.
	unread []byte
	// Whether the host may have more of it.
	more bool
	// The size of the whole input; -1 if the host does not know it.
	size int64
	// How much has been read.
	read int64
	rows rows
}

// Size is the size of the whole input in bytes, or -1 as long as that is not known: the size of a large input that is
// decompressed on the way is when all of it has been read, or taken with Bytes.
func (in *Input) Size() int64 {
	if in.size < 0 && !in.more {
		return in.read + int64(len(in.unread))
	}
	return in.size
}

// ChunkOffset is where in its file the input begins, in bytes: 0 unless it is a chunk of one (--split).
func (in *Input) ChunkOffset() int64 {
	return hostChunkOffset()
}

// FirstRecord is the number of the input's first record in its file, counted from 1, and whether it is known. It is 1
// unless the input is a chunk.
func (in *Input) FirstRecord() (number int64, known bool) {
	number = hostFirstRecord()
	return number, number > 0
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
		in.read += int64(n)
		return n, nil
	}
	if in.more {
		if n := hostRead(buffer); n > 0 {
			in.read += int64(n)
			return n, nil
		}
		in.more = false
	}
	return 0, io.EOF
}

// Bytes is the whole input, or what has not been read of it yet. It does not count as reading it.
func (in *Input) Bytes() []byte {
	if in.more {
		capacity := pullBytes
		if in.size >= 0 {
			// The rest, and one byte: it takes a further call to see the end.
			capacity = int(in.size-in.read) + 1
		}
		rest := append(make([]byte, 0, capacity), in.unread...)
		for in.more {
			if len(rest) == cap(rest) {
				rest = slices.Grow(rest, pullBytes)
			}
			n := hostRead(rest[len(rest):cap(rest)])
			rest = rest[:len(rest)+n]
			in.more = n > 0
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
