;; The core of a component that ends in the way which the first byte of its input tells, and otherwise gives the row
;; {"used":0}. Before that it leaves a trace: a later task that finds it gives {"used":1}.
(module
  (import "sandmill:processor/host@1.0.0" "read" (func $read (param i32 i32)))
  (import "sandmill:processor/host@1.0.0" "param" (func $param (param i32 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "emit" (func $emit (param i32 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "reject" (func $reject (param i64 i32 i64 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "write-file" (func $write_file (param i32 i32 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "shared-len" (func $shared_len (param i32 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "shared-read" (func $shared_read (param i32 i32 i64 i32 i32)))
  (import "sandmill:processor/host@1.0.0" "log" (func $log (param i32 i32)))
  (memory (export "memory") 40)
  (data (i32.const 64) "{\"used\":0}")
  (data (i32.const 80) "{\"other\":1}")
  (data (i32.const 96) "no JSON")
  (data (i32.const 112) "as told")
  ;; A row of three cells, 24 bytes each: column at 0, kind of value at 8, value at 16.
  (data (i32.const 160) "textfloatjsona \"b\"0.10")
  (data (i32.const 200) "\00\01\00\00\03\00\00\00") ;; the list of rows: 3 cells at 256
  (data (i32.const 256) "\a0\00\00\00\04\00\00\00" "\05\00\00\00\00\00\00\00" "\ad\00\00\00\05\00\00\00")
  (data (i32.const 280) "\a4\00\00\00\05\00\00\00" "\04\00\00\00\00\00\00\00" "\00\00\00\00\00\00\f8\3f")
  (data (i32.const 304) "\a9\00\00\00\04\00\00\00" "\06\00\00\00\00\00\00\00" "\b2\00\00\00\04\00\00\00")
  ;; Small buffers one after the other, so that path and input do not meet; then one of a MiB for what is read.
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32)
    (local $at i32)
    (if (i32.gt_u (local.get $len) (i32.const 65536)) (then (return (i32.const 0x100000))))
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get $len)) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (global.get $next) (i32.const 0x80000)) (then (global.set $next (i32.const 4096))))
    (local.get $at))
  (func (export "sandmill:processor/guest@1.0.0#process")
    (param $path i32) (param $path_len i32) (param $sized i32) (param $bytes i64) (param $offset i64) (param $known i32) (param $first i64)
    (param $kind i32) (param $ptr i32) (param $len i32) (result i32)
    (local $told i32) (local $total i32)
    (if (i32.and (i32.eqz (local.get $kind)) (i32.gt_u (local.get $len) (i32.const 0)))
      (then (local.set $told (i32.load8_u (local.get $ptr)))))
    (call $emit (i32.const 1) (i32.const 64) (i32.const 10))
    (i32.store8 (i32.const 72) (i32.const 0x31))
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
      (then (loop $flood (call $emit (i32.const 1) (i32.const 64) (i32.const 10)) (br $flood))))
    ;; f: floods its log, and ends well
    (if (i32.eq (local.get $told) (i32.const 0x66))
      (then (loop $flood
        (call $log (i32.const 112) (i32.const 7))
        (local.set $total (i32.add (local.get $total) (i32.const 1)))
        (br_if $flood (i32.lt_u (local.get $total) (i32.const 10000))))))
    ;; b: emits what is no JSON
    (if (i32.eq (local.get $told) (i32.const 0x62)) (then (call $emit (i32.const 1) (i32.const 96) (i32.const 7))))
    ;; c: emits another column
    (if (i32.eq (local.get $told) (i32.const 0x63)) (then (call $emit (i32.const 1) (i32.const 80) (i32.const 11))))
    ;; n: emits typed cells
    (if (i32.eq (local.get $told) (i32.const 0x6e)) (then (call $emit (i32.const 0) (i32.const 200) (i32.const 1))))
    ;; h: emits a list that is too long for any memory
    (if (i32.eq (local.get $told) (i32.const 0x68)) (then (call $emit (i32.const 0) (i32.const 200) (i32.const -1))))
    ;; a: emits a list whose rows are one and the same, a hundred thousand times
    (if (i32.eq (local.get $told) (i32.const 0x61))
      (then
        (loop $fill
          (i64.store (i32.add (i32.const 0x100000) (i32.mul (local.get $total) (i32.const 8))) (i64.load (i32.const 200)))
          (local.set $total (i32.add (local.get $total) (i32.const 1)))
          (br_if $fill (i32.lt_u (local.get $total) (i32.const 100000))))
        (loop $again
          (call $emit (i32.const 0) (i32.const 0x100000) (i32.const 100000))
          (br $again))))
    ;; e: rejects record 7 at offset 9, and record 8
    (if (i32.eq (local.get $told) (i32.const 0x65))
      (then
        (call $reject (i64.const 7) (i32.const 1) (i64.const 9) (i32.const 112) (i32.const 7))
        (call $reject (i64.const 8) (i32.const 0) (i64.const 0) (i32.const 112) (i32.const 7))))
    ;; g: returns an error
    (if (i32.eq (local.get $told) (i32.const 0x67)) (then (return (call $failure (i32.const 0)))))
    ;; i: returns a skip
    (if (i32.eq (local.get $told) (i32.const 0x69)) (then (return (call $failure (i32.const 1)))))
    ;; r: returns an error after it was refused memory
    (if (i32.eq (local.get $told) (i32.const 0x72))
      (then (drop (memory.grow (i32.const 1000))) (return (call $failure (i32.const 0)))))
    ;; d: is refused memory and does without
    (if (i32.eq (local.get $told) (i32.const 0x64)) (then (drop (memory.grow (i32.const 1000)))))
    ;; p: returns the value of the parameter "other", which is JSON
    (if (i32.eq (local.get $told) (i32.const 0x70))
      (then
        (call $param (i32.const 82) (i32.const 5) (i32.const 32))
        (return (call $rows (i32.load (i32.const 36)) (i32.load (i32.const 40))))))
    ;; w: writes twice to the file "as told"
    (if (i32.eq (local.get $told) (i32.const 0x77))
      (then
        (call $write_file (i32.const 112) (i32.const 7) (i32.const 96) (i32.const 2))
        (call $write_file (i32.const 112) (i32.const 7) (i32.const 98) (i32.const 5))))
    ;; W: writes to a file whose name is control characters
    (if (i32.eq (local.get $told) (i32.const 0x57))
      (then (call $write_file (i32.const 200) (i32.const 8) (i32.const 96) (i32.const 2))))
    ;; q: returns what the shared file "other" has from byte 2 on, which is JSON, if there is such a file
    (if (i32.eq (local.get $told) (i32.const 0x71))
      (then
        (call $shared_len (i32.const 82) (i32.const 5) (i32.const 32))
        (if (i32.eqz (i32.load8_u (i32.const 32))) (then (return (call $rows (i32.const 0) (i32.const 0)))))
        (local.set $total (i32.sub (i32.load (i32.const 40)) (i32.const 2)))
        (call $shared_read (i32.const 82) (i32.const 5) (i64.const 2) (i32.const -1) (i32.const 32))
        (if (i32.ne (i32.load (i32.const 36)) (local.get $total)) (then unreachable))
        (return (call $rows (i32.load (i32.const 32)) (i32.load (i32.const 36))))))
    ;; Q: reads on without asking first, and at an offset that no file has
    (if (i32.eq (local.get $told) (i32.const 0x51))
      (then
        (call $shared_read (i32.const 82) (i32.const 5) (i64.const -1) (i32.const -1) (i32.const 32))
        (if (i32.load (i32.const 36)) (then unreachable))))
    ;; An input in pieces: rejects one record, whose number is the bytes that it read, and whose offset is the input's size.
    (if (local.get $kind)
      (then
        (loop $pull
          (call $read (i32.const -1) (i32.const 32))
          (local.set $total (i32.add (local.get $total) (i32.load (i32.const 36))))
          (br_if $pull (i32.load (i32.const 36))))
        (call $reject (i64.extend_i32_u (local.get $total)) (i32.const 1) (local.get $bytes) (i32.const 112) (i32.const 7))))
    (call $rows (i32.const 0) (i32.const 0)))
  ;; Results are at 0: ok or error, kind, pointer, length.
  (func $rows (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (local.get $ptr))
    (i32.store (i32.const 12) (local.get $len))
    (i32.const 0))
  (func $failure (param $kind i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1))
    (i32.store (i32.const 4) (local.get $kind))
    (i32.store (i32.const 8) (i32.const 112))
    (i32.store (i32.const 12) (i32.const 7))
    (i32.const 0))
  (func $deeper (call $deeper)))
