;; A command that writes files to /output, its first preopened folder, as the first byte of its input tells. It prints a row
;; {"errno":NN} with what the last of its calls returned.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $fd_pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  ;; 0: an iovec, 16: results, 24: a descriptor, 64: texts.
  (data (i32.const 64) "a.txt" "d" "d/b" "hello" "../out" "/etc/passwd" "000000")
  (data (i32.const 128) "{\"errno\":00}")
  (func $write (param $fd i32) (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $ptr))
    (i32.store (i32.const 4) (local.get $len))
    (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 16)))
  (func $open (param $ptr i32) (param $len i32) (param $how i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $ptr) (local.get $len) (local.get $how)
      (i64.const 0x600046) (i64.const 0) (i32.const 0) (i32.const 24)))
  (func $fd (result i32) (i32.load (i32.const 24)))
  ;; The next name of six digits at 95.
  (func $count
    (local $at i32)
    (local.set $at (i32.const 100))
    (loop $carry
      (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
      (if (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 0x39))
        (then
          (i32.store8 (local.get $at) (i32.const 0x30))
          (local.set $at (i32.sub (local.get $at) (i32.const 1)))
          (br_if $carry (i32.ge_u (local.get $at) (i32.const 95)))))))
  (func (export "_start")
    (local $told i32) (local $errno i32) (local $times i32)
    (i32.store (i32.const 0) (i32.const 32))
    (i32.store (i32.const 4) (i32.const 1))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
    (local.set $told (i32.load8_u (i32.const 32)))
    ;; w: a file, a folder, and a file in it that is written at its byte 2
    (if (i32.eq (local.get $told) (i32.const 0x77))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (if (call $write (call $fd) (i32.const 73) (i32.const 5)) (then unreachable))
        (if (call $write (call $fd) (i32.const 73) (i32.const 1)) (then unreachable))
        (if (call $fd_close (call $fd)) (then unreachable))
        (if (call $mkdir (i32.const 3) (i32.const 69) (i32.const 1)) (then unreachable))
        (if (call $open (i32.const 70) (i32.const 3) (i32.const 1)) (then unreachable))
        (i32.store (i32.const 4) (i32.const 5))
        (local.set $errno (call $fd_pwrite (call $fd) (i32.const 0) (i32.const 1) (i64.const 2) (i32.const 16)))))
    ;; e: the same file, and then fails
    (if (i32.eq (local.get $told) (i32.const 0x65))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (drop (call $write (call $fd) (i32.const 73) (i32.const 5)))
        (call $proc_exit (i32.const 1))))
    ;; l: the same file, and then never ends
    (if (i32.eq (local.get $told) (i32.const 0x6c))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (drop (call $write (call $fd) (i32.const 73) (i32.const 5)))
        (loop $forever (br $forever))))
    ;; r: opens that file, which it has not made
    (if (i32.eq (local.get $told) (i32.const 0x72))
      (then (local.set $errno (call $open (i32.const 64) (i32.const 5) (i32.const 0)))))
    ;; o: a file beside the folder
    (if (i32.eq (local.get $told) (i32.const 0x6f))
      (then (local.set $errno (call $open (i32.const 78) (i32.const 6) (i32.const 1)))))
    ;; s: a link to a file of the host
    (if (i32.eq (local.get $told) (i32.const 0x73))
      (then
        (local.set $errno
          (call $symlink (i32.const 84) (i32.const 11) (i32.const 3) (i32.const 64) (i32.const 5)))))
    ;; h: a second name for a file
    (if (i32.eq (local.get $told) (i32.const 0x68))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (local.set $errno
          (call $link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 3) (i32.const 95) (i32.const 6)))))
    ;; f: floods a file; u: one that has no name any more
    (if (i32.or (i32.eq (local.get $told) (i32.const 0x66)) (i32.eq (local.get $told) (i32.const 0x75)))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (if (i32.eq (local.get $told) (i32.const 0x75))
          (then (if (call $unlink (i32.const 3) (i32.const 64) (i32.const 5)) (then unreachable))))
        (loop $flood (drop (call $write (call $fd) (i32.const 0) (i32.const 65536))) (br $flood))))
    ;; c: floods files and closes each
    (if (i32.eq (local.get $told) (i32.const 0x63))
      (then
        (loop $flood
          (call $count)
          (if (call $open (i32.const 95) (i32.const 6) (i32.const 1)) (then unreachable))
          (drop (call $write (call $fd) (i32.const 0) (i32.const 10000)))
          (drop (call $fd_close (call $fd)))
          (br $flood))))
    ;; m: makes folders without end
    (if (i32.eq (local.get $told) (i32.const 0x6d))
      (then
        (loop $flood
          (call $count)
          (if (call $mkdir (i32.const 3) (i32.const 95) (i32.const 6)) (then unreachable))
          (br $flood))))
    ;; z: a file that has a TiB, and nothing in it
    (if (i32.eq (local.get $told) (i32.const 0x7a))
      (then
        (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
        (local.set $errno (call $set_size (call $fd) (i64.const 0x10000000000)))))
    ;; t: writes ten times what is allowed, in files that it removes
    (if (i32.eq (local.get $told) (i32.const 0x74))
      (then
        (loop $again
          (if (call $open (i32.const 64) (i32.const 5) (i32.const 1)) (then unreachable))
          (drop (call $write (call $fd) (i32.const 0) (i32.const 65536)))
          (drop (call $fd_close (call $fd)))
          (local.set $errno (call $unlink (i32.const 3) (i32.const 64) (i32.const 5)))
          (local.set $times (i32.add (local.get $times) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $times) (i32.const 100))))))
    (i32.store8 (i32.const 137) (i32.add (i32.const 0x30) (i32.div_u (local.get $errno) (i32.const 10))))
    (i32.store8 (i32.const 138) (i32.add (i32.const 0x30) (i32.rem_u (local.get $errno) (i32.const 10))))
    ;; A number has no 0 before it.
    (if (i32.lt_u (local.get $errno) (i32.const 10)) (then (i32.store8 (i32.const 137) (i32.const 0x20))))
    (drop (call $write (i32.const 1) (i32.const 128) (i32.const 12)))))
