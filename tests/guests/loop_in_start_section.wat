;; A command that never ends, in the function that runs while it is instantiated.
(module
  (memory (export "memory") 1)
  (func (export "_start"))
  (func $early (loop $forever (br $forever)))
  (start $early))
