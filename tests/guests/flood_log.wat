;; A reactor that logs 1 MiB, and then a last line.
(module
  (import "sandmill_1" "log" (func $log (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 0) "the end")
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (local $left i32)
    (memory.fill (i32.const 4096) (i32.const 0x2e) (i32.const 1024))
    (local.set $left (i32.const 1024))
    (loop $again
      (call $log (i32.const 4096) (i32.const 1024))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $log (i32.const 0) (i32.const 7))
    (i64.const 0)))
