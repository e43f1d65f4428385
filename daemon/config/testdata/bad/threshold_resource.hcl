# The attribute was called resource before.
threshold "memory" {
  resource = system.memory.percent
  warning  = 80
}
