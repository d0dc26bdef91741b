;; A command that ends in the way which the first byte of its input tells, and otherwise writes the row {"used":0}.
;; Before that it leaves a trace: a later task that finds it writes {"used":1}.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; 0, 8, 16, 24: iovecs, 32: bytes moved, 36: the byte.
  (data (i32.const 0) "\24\00\00\00\01\00\00\00" "\40\00\00\00\0a\00\00\00"
    "\50\00\00\00\0b\00\00\00" "\60\00\00\00\07\00\00\00")
  (data (i32.const 64) "{\"used\":0}")
  (data (i32.const 80) "{\"other\":1}")
  (data (i32.const 96) "no JSON")
  (func (export "_start")
    (local $told i32)
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))
    (local.set $told (i32.load8_u (i32.const 36)))
    (call $write (i32.const 8))
    (i32.store8 (i32.const 72) (i32.const 0x31))
    ;; x: exits
    (if (i32.eq (local.get $told) (i32.const 0x78)) (then (call $proc_exit (i32.const 7))))
    ;; t: traps
    (if (i32.eq (local.get $told) (i32.const 0x74)) (then unreachable))
    ;; l: never ends
    (if (i32.eq (local.get $told) (i32.const 0x6c)) (then (loop $forever (br $forever))))
    ;; m: runs out of memory
    (if (i32.eq (local.get $told) (i32.const 0x6d)) (then (drop (memory.grow (i32.const 1000))) unreachable))
    ;; s: overflows its stack
    (if (i32.eq (local.get $told) (i32.const 0x73)) (then (call $deeper)))
    ;; o: floods its output
    (if (i32.eq (local.get $told) (i32.const 0x6f)) (then (loop $flood (call $write (i32.const 8)) (br $flood))))
    ;; b: writes what is no JSON
    (if (i32.eq (local.get $told) (i32.const 0x62)) (then (call $write (i32.const 24))))
    ;; c: writes another column
    (if (i32.eq (local.get $told) (i32.const 0x63)) (then (call $write (i32.const 16))))
    )
  (func $deeper (call $deeper))
  (func $write (param $iovec i32)
    (drop (call $fd_write (i32.const 1) (local.get $iovec) (i32.const 1) (i32.const 32)))))
