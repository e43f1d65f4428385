alert "disk" {
  metric = system.disks.percent
  above  = 90
  notify = [notifier.chat]
}
alert "disk-inodes" {
  metric = system.disks.inodes_percent
  above  = 90
}
