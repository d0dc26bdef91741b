;; A reactor that returns the first 8 bytes of its input as its reply.
(module
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64) (i64.load (local.get $ptr))))
