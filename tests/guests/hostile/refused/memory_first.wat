;; Begins with 4 GiB.
;; refused: MiB
(module
  (memory (export "memory") 65536)
  (func (export "_start")))
