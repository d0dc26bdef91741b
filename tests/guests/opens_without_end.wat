;; A command that opens its input, a file called data, again and again. It traps when it has more than 200 of it, and is
;; done when it is refused one.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "data")
  (func (export "_start")
    (local $opened i32)
    (loop $again
      (if (i32.eqz
            (call $open
              (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
        (then
          (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
          (if (i32.gt_u (local.get $opened) (i32.const 200)) (then unreachable))
          (br $again))))))
