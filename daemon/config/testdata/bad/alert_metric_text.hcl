alert "disk" {
  metric = "disk.percent"
  above  = 90
}

alert "load" {
  metric = "load average"
  above  = 4
}
