package sandmill

// ABI 1 as docs/guest-abi.md has it: what the host calls.

import "unsafe"

var (
	// What the host asked room for, until a task takes it. Go does not move what it has allocated.
	room []byte
	// What the last call returned a pointer to; the host reads it before it calls again.
	reply []byte
)

//go:wasmexport sandmill_abi_1
func exportABI() {}

//go:wasmexport sandmill_alloc
func exportAlloc(size uint32) unsafe.Pointer {
	room = make([]byte, size)
	return unsafe.Pointer(unsafe.SliceData(room))
}

//go:wasmexport sandmill_init
func exportInit() uint64 {
	return keep(replyTo(runInit(processor.init)))
}

//go:wasmexport sandmill_columns
func exportColumns() uint64 {
	return keep(declaredColumns(processor.columns))
}

//go:wasmexport sandmill_process
func exportProcess(pointer, size uint32) uint64 {
	in := &Input{size: hostSize()}
	switch {
	case pointer == 0:
		in.more = true
	case size > 0:
		in.unread = room[:size]
	}
	room = nil
	return keep(replyTo(runTask(in, processor.process)))
}

// keep has bytes live until the next call, and packs their place; 0 for none.
func keep(bytes []byte) uint64 {
	reply = bytes
	if len(bytes) == 0 {
		return 0
	}
	pointer := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
	return pointer<<32 | uint64(len(bytes))
}
