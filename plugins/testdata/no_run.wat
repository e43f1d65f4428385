;; Has no vega_run.
(module (memory (export "memory") 1))
