package sandmill

import (
	"io"
	"io/fs"
	"path"
	"time"
)

// Shared is the data that every task may read (--share), as a file system: fs.ReadFile(sandmill.Shared(), "words.txt").
// The name of a file is that of the file that is shared, or its path in the folder that is. Folders cannot be opened or
// listed.
func Shared() fs.FS {
	return sharedFS{}
}

// OpenShared opens a file of the shared data. The only error is fs.ErrNotExist, in a *fs.PathError.
func OpenShared(name string) (*SharedFile, error) {
	size := hostSharedSize(name)
	if size < 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &SharedFile{io.NewSectionReader(sharedBytes(name), 0, size), name}, nil
}

// SharedFile is a file of the shared data: an io.Reader, io.Seeker and io.ReaderAt that knows its Size, and a fs.File.
// It need not be closed. All of it is in no memory but what is read into.
type SharedFile struct {
	*io.SectionReader
	name string
}

// Stat describes the file. It never fails.
func (f *SharedFile) Stat() (fs.FileInfo, error) {
	return sharedInfo{path.Base(f.name), f.Size()}, nil
}

// Close does nothing.
func (f *SharedFile) Close() error {
	return nil
}

type sharedFS struct{}

func (sharedFS) Open(name string) (fs.File, error) {
	file, err := OpenShared(name)
	if err != nil {
		return nil, err // As a nil of the interface.
	}
	return file, nil
}

// The content of the shared file of this name, which there is.
type sharedBytes string

func (name sharedBytes) ReadAt(buffer []byte, offset int64) (int, error) {
	n := hostReadShared(string(name), offset, buffer)
	if n < len(buffer) {
		return n, io.EOF
	}
	return n, nil
}

type sharedInfo struct {
	name string
	size int64
}

func (i sharedInfo) Name() string       { return i.name }
func (i sharedInfo) Size() int64        { return i.size }
func (i sharedInfo) Mode() fs.FileMode  { return 0o444 }
func (i sharedInfo) ModTime() time.Time { return time.Time{} }
func (i sharedInfo) IsDir() bool        { return false }
func (i sharedInfo) Sys() any           { return nil }
