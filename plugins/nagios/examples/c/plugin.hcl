# A Nagios plugin in C: vega plugin build compiles it to a WASI
# command. It uses nothing of vega.

abi         = "nagios"
name        = "until_c"
version     = "1.0.0"
description = "Reports how many days are left until a date."

probe "date" {
  summary = "Warns before a contract, licence or domain expires."
  option "args" {
    type        = "list"
    required    = true
    description = "-w DAYS -c DAYS DATE: warn below -w days, critical below -c days; DATE is written as 2027-01-31."
  }
}
