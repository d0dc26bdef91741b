;; A reactor whose allocator returns 0; tests put another address there.
(module
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 0 (; address ;)))
  (func (export "sandmill_process") (param i32 i32) (result i64) (i64.const 0)))
