;; Traps initialising.
(module
  (memory (export "memory") 1)
  (func (export "sandmill_abi_1"))
  (func (export "_initialize") unreachable)
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param i32 i32) (result i64) (i64.const 0)))
