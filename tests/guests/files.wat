;; A reactor whose input says which files to give, one a line: NAME=CONTENT. A line that begins with `!` makes the task fail
;; there, `?` skips it. It emits one row.
(module
  (import "sandmill_1" "file_write" (func $file_write (param i32 i32 i32 i32)))
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 20)
  (data (i32.const 0) "{\"ok\":true}")
  (data (i32.const 16) "\01no")
  (data (i32.const 32) "\02no")
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $at i32) (param $len i32) (result i64)
    (local $end i32) (local $name_end i32) (local $line_end i32)
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (block $done
      (loop $line
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then (return (i64.const 0x1000000003))))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 63)) (then (return (i64.const 0x2000000003))))
        (local.set $name_end (call $find (local.get $at) (local.get $end) (i32.const 61)))
        (local.set $line_end (call $find (local.get $name_end) (local.get $end) (i32.const 10)))
        (call $file_write
          (local.get $at) (i32.sub (local.get $name_end) (local.get $at))
          (i32.add (local.get $name_end) (i32.const 1))
          (i32.sub (local.get $line_end) (i32.add (local.get $name_end) (i32.const 1))))
        (local.set $at (i32.add (local.get $line_end) (i32.const 1)))
        (br $line)))
    (call $emit (i32.const 0) (i32.const 11))
    (i64.const 0))
  ;; Where `byte` is next, or the end.
  (func $find (param $at i32) (param $end i32) (param $byte i32) (result i32)
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
        (br_if $found (i32.eq (i32.load8_u (local.get $at)) (local.get $byte)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $at)))
