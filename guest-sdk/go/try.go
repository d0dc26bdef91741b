//go:build !wasip1

package sandmill

// A stand-in for sandmill, so that processors can be tested as the Go that they are.

import "strings"

// Task is a task to try a processor with.
type Task struct {
	Input  string
	Path   string
	Params map[string]string
	// The shared data: files by their names.
	Shared map[string]string
	// The input is not in memory as a whole but comes in pieces, as sandmill gives large ones.
	Pulled bool
	// The size is not known beforehand, as with large inputs that are decompressed on the way. They are pulled.
	UnknownSize bool
	// With --split, where in its file the input begins, and the number of its first record, if that is known.
	ChunkOffset, FirstRecord int64
}

// Tried is what came of trying a processor.
type Tried struct {
	// The rows as JSON objects. A task that fails or is skipped has none.
	Rows []string
	// The files by their names, which nobody has looked at. A task that fails or is skipped has none.
	Files   map[string]string
	Rejects []Rejected
	Log     []string
	// Why the task failed or is skipped; nil if it did not and is not.
	Err error
	// Whether Err is the reason to skip the task.
	Skipped bool
}

// Rejected is a record that could not be used.
type Rejected struct {
	Record, Offset int64
	Reason         string
}

// Try calls a processor outside of sandmill, for tests. It is not there in a module, and does not run tasks side by
// side.
func Try(process func(*Input) error, task Task) Tried {
	tried = Tried{}
	current = task
	in := &Input{size: int64(len(task.Input)), unread: []byte(task.Input)}
	unpulled = ""
	if task.UnknownSize {
		in.size = -1
	}
	if task.Pulled || task.UnknownSize {
		in.unread, in.more, unpulled = nil, true, task.Input
	}
	tried.Err = runTask(in, process)
	tried.Skipped = isSkip(tried.Err)
	if tried.Err != nil {
		tried.Rows, tried.Files, tried.Rejects = nil, nil, nil
	}
	return tried
}

var (
	current  Task
	unpulled string
	tried    Tried
)

func hostRead(buffer []byte) int {
	n := copy(buffer, unpulled)
	unpulled = unpulled[n:]
	return n
}

func hostChunkOffset() int64 {
	return current.ChunkOffset
}

func hostFirstRecord() int64 {
	return current.FirstRecord
}

func hostPath() string {
	return current.Path
}

func hostParam(name string) (string, bool) {
	value, found := current.Params[name]
	return value, found
}

func hostSharedSize(name string) int64 {
	content, found := current.Shared[name]
	if !found {
		return -1
	}
	return int64(len(content))
}

func hostReadShared(name string, offset int64, buffer []byte) int {
	content := current.Shared[name]
	return copy(buffer, content[min(offset, int64(len(content))):])
}

func hostEmit(rows []byte) {
	for row := range strings.Lines(string(rows)) {
		tried.Rows = append(tried.Rows, strings.TrimSuffix(row, "\n"))
	}
}

func hostReject(record, offset int64, reason string) {
	tried.Rejects = append(tried.Rejects, Rejected{record, offset, reason})
}

func hostWriteFile(name string, data []byte) {
	if tried.Files == nil {
		tried.Files = map[string]string{}
	}
	tried.Files[name] += string(data)
}

func hostLog(line string) {
	tried.Log = append(tried.Log, line)
}
