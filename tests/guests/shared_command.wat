;; A command that does to /shared what its input says: the first byte is the operation, the rest a path in the folder.
;; `r` reads a file and prints it, `w` opens one for writing, `c` makes one, `d` makes a folder, `u` unlinks, `t` sets times.
;; What the system refuses is the exit code.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times"
    (func $set_times (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (memory (export "memory") 2)
  ;; At 0 a place for a descriptor, at 8 an iovec, at 16 a count, from 1024 on the input, from 65536 on what was read.
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
  (func (export "_start")
    (local $operation i32) (local $len i32)
    (i32.store (i32.const 8) (i32.const 1024))
    (i32.store (i32.const 12) (i32.const 1024))
    (call $check (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 16)))
    (local.set $operation (i32.load8_u (i32.const 1024)))
    (local.set $len (i32.sub (i32.load (i32.const 16)) (i32.const 1)))
    (if (i32.eq (local.get $operation) (i32.const 0x72)) ;; r: fd_read
      (then
        (call $check (call $path_open (i32.const 3) (i32.const 1) (i32.const 1025) (local.get $len)
          (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
        (i32.store (i32.const 8) (i32.const 65536))
        (i32.store (i32.const 12) (i32.const 65536))
        (call $check (call $fd_read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 12)))
        (call $check (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    (if (i32.eq (local.get $operation) (i32.const 0x77)) ;; w: fd_write
      (then
        (call $check (call $path_open (i32.const 3) (i32.const 1) (i32.const 1025) (local.get $len)
          (i32.const 0) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $operation) (i32.const 0x63)) ;; c: O_CREAT
      (then
        (call $check (call $path_open (i32.const 3) (i32.const 1) (i32.const 1025) (local.get $len)
          (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $operation) (i32.const 0x64))
      (then (call $check (call $mkdir (i32.const 3) (i32.const 1025) (local.get $len)))))
    (if (i32.eq (local.get $operation) (i32.const 0x75))
      (then (call $check (call $unlink (i32.const 3) (i32.const 1025) (local.get $len)))))
    (if (i32.eq (local.get $operation) (i32.const 0x74))
      (then (call $check (call $set_times (i32.const 3) (i32.const 1) (i32.const 1025) (local.get $len)
        (i64.const 5) (i64.const 5) (i32.const 5)))))))
