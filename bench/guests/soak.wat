;; A reactor that does what the first byte of its input says: every outcome that a guest can have. What follows that byte is
;; its row, its message or its reason.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (import "sandmill_1" "reject" (func $reject (param i64 i64 i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  ;; 65536: a page of blanks, for output that is nothing.
  (memory (export "memory") 2)
  (data (i32.const 64) "[\"number\"]")
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_columns") (result i64) (i64.const 0x400000000a))
  (func $recurse (param i64) (result i64)
    (i64.add (call $recurse (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  ;; The rest of the input as a message of this kind.
  (func $reply (param $ptr i32) (param $len i32) (param $kind i32) (result i64)
    (i32.store8 (local.get $ptr) (local.get $kind))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32)) (i64.extend_i32_u (local.get $len))))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $what i32) (local $rest i32) (local $rest_len i32) (local $x f64)
    (local.set $what (i32.load8_u (local.get $ptr)))
    (local.set $rest (i32.add (local.get $ptr) (i32.const 1)))
    (local.set $rest_len (i32.sub (local.get $len) (i32.const 1)))
    ;; r: a reject, and then a row.
    (if (i32.eq (local.get $what) (i32.const 0x72))
      (then (call $reject (i64.const 1) (i64.const -1) (local.get $rest) (local.get $rest_len))))
    ;; e: an error. k: skipped.
    (if (i32.eq (local.get $what) (i32.const 0x65))
      (then (return (call $reply (local.get $ptr) (local.get $len) (i32.const 1)))))
    (if (i32.eq (local.get $what) (i32.const 0x6b))
      (then (return (call $reply (local.get $ptr) (local.get $len) (i32.const 2)))))
    ;; x: it exits. t: it traps.
    (if (i32.eq (local.get $what) (i32.const 0x78)) (then (call $proc_exit (i32.const 3))))
    (if (i32.eq (local.get $what) (i32.const 0x74)) (then unreachable))
    ;; f: much fuel in little time.
    (if (i32.eq (local.get $what) (i32.const 0x66))
      (then (loop $again (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536)) (br $again))))
    ;; w: much time for little fuel: each root waits for the one before it.
    (if (i32.eq (local.get $what) (i32.const 0x77))
      (then
        (local.set $x (f64.const 2))
        (loop $again
          (local.set $x
            (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (local.get $x))))))))))))))))))))))))))))))))))
          (br $again))))
    ;; m: memory that it does not get. d: recursion without end.
    (if (i32.eq (local.get $what) (i32.const 0x6d))
      (then (if (i32.eq (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable))))
    (if (i32.eq (local.get $what) (i32.const 0x64)) (then (drop (call $recurse (i64.const 1)))))
    ;; l: output without end.
    (if (i32.eq (local.get $what) (i32.const 0x6c))
      (then
        (memory.fill (i32.const 65536) (i32.const 0x20) (i32.const 65536))
        (loop $again (call $emit (i32.const 65536) (i32.const 65536)) (br $again))))
    ;; Everything else gives its row, be it one or not.
    (call $emit (local.get $rest) (local.get $rest_len))
    (i64.const 0)))
