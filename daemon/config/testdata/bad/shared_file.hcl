log {
  level = file("shared_level")
}
