;; What a module of the fuzzer exports.
(module
  (memory (export "memory") 1)
  (func (export "_start")))
