;; A reactor whose initialisation logs a line and replies with an error.
(module
  (import "sandmill_1" "log" (func $log (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 0) "looking for the dictionary")
  (data (i32.const 32) "\01there is no dictionary")
  (func (export "sandmill_init") (result i64)
    (call $log (i32.const 0) (i32.const 26))
    (i64.const 0x2000000017))
  (func (export "sandmill_process") (param i32 i32) (result i64) (i64.const 0)))
