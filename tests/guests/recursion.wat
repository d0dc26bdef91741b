;; A command that calls itself without end.
(module
  (memory (export "memory") 1)
  (func $deeper (export "_start") (call $deeper)))
