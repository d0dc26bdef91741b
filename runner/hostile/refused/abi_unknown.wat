;; Says that it follows an ABI that there is not.
(module
  (memory (export "memory") 1)
  (func (export "sandmill_abi_9"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param i32 i32) (result i64) (i64.const 0)))
