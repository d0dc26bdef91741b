;; A reactor that pulls half of its input and then loops until its budget is used up. An input of at most 1 MiB, which it
;; is given whole, it just takes.
(module
  (import "sandmill_1" "input_len" (func $input_len (result i64)))
  (import "sandmill_1" "input_read" (func $input_read (param i32 i32) (result i32)))
  (memory (export "memory") 33)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $left i64)
    (if (local.get $ptr) (then (return (i64.const 0))))
    (local.set $left (i64.div_u (call $input_len) (i64.const 2)))
    (loop $again
      (local.set $left (i64.sub (local.get $left)
        (i64.extend_i32_u (call $input_read (i32.const 65536)
          (select (i32.const 65536) (i32.wrap_i64 (local.get $left)) (i64.gt_u (local.get $left) (i64.const 65536)))))))
      (br_if $again (i64.ne (local.get $left) (i64.const 0))))
    (loop $forever (br $forever))
    (unreachable)))
