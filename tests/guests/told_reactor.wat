;; A reactor that ends in the way which the first byte of its input tells, and otherwise emits the row {"used":0}.
;; Before that it leaves a trace: a later task that finds it emits {"used":1}.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 64) "{\"used\":0}")
  (data (i32.const 80) "{\"other\":1}")
  (data (i32.const 96) "no JSON")
  (data (i32.const 112) "\01as told")
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $told i32)
    (local.set $told (i32.load8_u (local.get $ptr)))
    (call $emit (i32.const 64) (i32.const 10))
    (i32.store8 (i32.const 72) (i32.const 0x31))
    ;; x: exits
    (if (i32.eq (local.get $told) (i32.const 0x78)) (then (call $proc_exit (i32.const 7))))
    ;; t: traps
    (if (i32.eq (local.get $told) (i32.const 0x74)) (then unreachable))
    ;; l: never ends
    (if (i32.eq (local.get $told) (i32.const 0x6c)) (then (loop $forever (br $forever))))
    ;; m: runs out of memory
    (if (i32.eq (local.get $told) (i32.const 0x6d)) (then (drop (memory.grow (i32.const 1000))) unreachable))
    ;; s: overflows its stack
    (if (i32.eq (local.get $told) (i32.const 0x73)) (then (call $deeper)))
    ;; o: floods its output
    (if (i32.eq (local.get $told) (i32.const 0x6f))
      (then (loop $flood (call $emit (i32.const 64) (i32.const 10)) (br $flood))))
    ;; b: emits what is no JSON
    (if (i32.eq (local.get $told) (i32.const 0x62)) (then (call $emit (i32.const 96) (i32.const 7))))
    ;; c: emits another column
    (if (i32.eq (local.get $told) (i32.const 0x63)) (then (call $emit (i32.const 80) (i32.const 11))))
    ;; g: replies with an error
    (if (i32.eq (local.get $told) (i32.const 0x67)) (then (return (i64.const 0x7000000008))))
    ;; r: replies with an error after it was refused memory
    (if (i32.eq (local.get $told) (i32.const 0x72))
      (then (drop (memory.grow (i32.const 1000))) (return (i64.const 0x7000000008))))
    ;; d: is refused memory and does without
    (if (i32.eq (local.get $told) (i32.const 0x64)) (then (drop (memory.grow (i32.const 1000)))))
    (i64.const 0))
  (func $deeper (call $deeper)))
