package sandmill

// ABI 1 as docs/guest-abi.md has it: what the host gives, made safe.

import "unsafe"

// Most paths and parameters fit into this, so that one call is enough.
const textBytes = 256

//go:wasmimport sandmill_1 input_len
func sandmillInputLen() int64

//go:wasmimport sandmill_1 input_read
func sandmillInputRead(buffer unsafe.Pointer, size uint32) uint32

//go:wasmimport sandmill_1 input_path
func sandmillInputPath(buffer unsafe.Pointer, size uint32) int32

//go:wasmimport sandmill_1 chunk_offset
func sandmillChunkOffset() int64

//go:wasmimport sandmill_1 first_record
func sandmillFirstRecord() int64

//go:wasmimport sandmill_1 param
func sandmillParam(name string, buffer unsafe.Pointer, size uint32) int32

//go:wasmimport sandmill_1 shared_len
func sandmillSharedLen(name string) int64

//go:wasmimport sandmill_1 shared_read
func sandmillSharedRead(name string, offset int64, buffer unsafe.Pointer, size uint32) uint32

//go:wasmimport sandmill_1 emit
func sandmillEmit(rows unsafe.Pointer, size uint32)

//go:wasmimport sandmill_1 reject
func sandmillReject(record, offset int64, reason string)

//go:wasmimport sandmill_1 file_write
func sandmillFileWrite(name string, data unsafe.Pointer, size uint32)

//go:wasmimport sandmill_1 log
func sandmillLog(line string)

func hostSize() int64 {
	return sandmillInputLen()
}

func hostRead(buffer []byte) int {
	return int(sandmillInputRead(unsafe.Pointer(unsafe.SliceData(buffer)), sizeOf(buffer)))
}

func hostChunkOffset() int64 {
	return sandmillChunkOffset()
}

func hostFirstRecord() int64 {
	return sandmillFirstRecord()
}

func hostPath() string {
	path, _ := text(sandmillInputPath)
	return path
}

func hostParam(name string) (string, bool) {
	return text(func(buffer unsafe.Pointer, size uint32) int32 {
		return sandmillParam(name, buffer, size)
	})
}

// -1 if there is no such file.
func hostSharedSize(name string) int64 {
	return sandmillSharedLen(name)
}

func hostReadShared(name string, offset int64, buffer []byte) int {
	return int(sandmillSharedRead(name, offset, unsafe.Pointer(unsafe.SliceData(buffer)), sizeOf(buffer)))
}

func hostEmit(rows []byte) {
	sandmillEmit(unsafe.Pointer(unsafe.SliceData(rows)), sizeOf(rows))
}

func hostReject(record, offset int64, reason string) {
	sandmillReject(record, offset, reason)
}

func hostWriteFile(name string, data []byte) {
	sandmillFileWrite(name, unsafe.Pointer(unsafe.SliceData(data)), sizeOf(data))
}

func hostLog(line string) {
	sandmillLog(line)
}

// text asks for a text of unknown size. write writes as much of it as fits, and returns its whole size, or a negative
// number if there is none.
func text(write func(buffer unsafe.Pointer, size uint32) int32) (string, bool) {
	buffer := make([]byte, textBytes)
	for {
		size := int(write(unsafe.Pointer(unsafe.SliceData(buffer)), sizeOf(buffer)))
		if size < 0 {
			return "", false
		}
		if size <= len(buffer) {
			return string(buffer[:size]), true
		}
		buffer = make([]byte, size)
	}
}

// sizeOf is the size of a buffer as the ABI has it: no buffer is larger than the memory, which is one of 32 bits.
func sizeOf(buffer []byte) uint32 {
	return uint32(len(buffer))
}
