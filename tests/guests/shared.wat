;; A reactor whose input is the name of a shared file: emits its rows from offset 2 on, read in pieces of 5 bytes; none if
;; there is no such file. Reading starts in the initialisation already, with a name that there need not be.
(module
  (import "sandmill_1" "shared_len" (func $shared_len (param i32 i32) (result i64)))
  (import "sandmill_1" "shared_read" (func $shared_read (param i32 i32 i64 i32 i32) (result i32)))
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 4)
  (data (i32.const 16) "table.json")
  (global $at (mut i32) (i32.const 0))
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_init") (result i64)
    (drop (call $shared_len (i32.const 16) (i32.const 10)))
    (i64.const 0))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $piece i32)
    (if (i64.lt_s (call $shared_len (local.get $ptr) (local.get $len)) (i64.const 0))
      (then (return (i64.const 0))))
    (global.set $at (i32.const 65536))
    (loop $again
      (local.set $piece
        (call $shared_read (local.get $ptr) (local.get $len)
          (i64.extend_i32_u (i32.sub (global.get $at) (i32.const 65534))) (global.get $at) (i32.const 5)))
      (global.set $at (i32.add (global.get $at) (local.get $piece)))
      (br_if $again (local.get $piece)))
    (call $emit (i32.const 65536) (i32.sub (global.get $at) (i32.const 65536)))
    (i64.const 0)))
