;; Has a table of 64 bits.
(module
  (memory (export "memory") 1)
  (table i64 1 funcref)
  (func (export "_start")))
