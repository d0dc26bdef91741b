;; Begins with more memory than any limit allows.
(module
  (memory (export "memory") 65536)
  (memory 65536) (memory 65536) (memory 65536) (memory 65536)
  (memory 65536) (memory 65536) (memory 65536) (memory 65536)
  (memory 65536) (memory 65536) (memory 65536) (memory 65536)
  (memory 65536) (memory 65536) (memory 65536) (memory 65536)
  (func (export "_start")))
