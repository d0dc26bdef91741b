package sandmill

// WriteFile gives a file with these bytes: files/<path of the input>/<name> in the output folder, once the task is
// done. A name has folders if it has slashes. If there is a file of this name, the bytes are appended to it.
//
// A name that leads elsewhere (.., a leading slash), has control characters or backslashes, or differs from another in
// nothing but case ends the task as bad_output.
func (in *Input) WriteFile(name string, data []byte) {
	hostWriteFile(name, data)
}

// CreateFile begins a file that is written piece by piece, or goes on at the end of the one that has this name. It is
// there though nothing is ever written to it. See WriteFile for names.
func (in *Input) CreateFile(name string) *OutputFile {
	hostWriteFile(name, nil)
	return &OutputFile{name}
}

// OutputFile is a file that a task gives. It is an io.Writer, and need not be closed.
//
// Each Write is a call into sandmill: put a bufio.Writer around it if there are many small ones.
type OutputFile struct{ name string }

// Write appends data to the file. It has no error: a file too many, or too long, ends the task.
func (f *OutputFile) Write(data []byte) (int, error) {
	hostWriteFile(f.name, data)
	return len(data), nil
}
