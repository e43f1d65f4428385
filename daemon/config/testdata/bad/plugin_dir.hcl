plugins {
  dir = "unreadable"
}
