;; Is no valid module: it adds what is no number of its size.
(module
  (memory (export "memory") 1)
  (func (export "_start") (drop (i64.add (i32.const 1) (i64.const 1)))))
