;; A reactor whose allocator never ends.
(module
  (memory (export "memory") 1)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (loop $forever (br $forever)) (i32.const 0))
  (func (export "sandmill_process") (param i32 i32) (result i64) (i64.const 0)))
