# A plugin as it is written for Nagios, in C: vega plugin build makes a WASI
# command of it. It uses nothing of vega.

abi         = "nagios"
name        = "until_c"
version     = "1.0.0"
description = "Says how many days are left until a date."

probe "date" {
  summary = "Warns when a contract, licence or domain is about to run out."
  option "args" {
    type        = "list"
    required    = true
    description = "-w DAYS -c DAYS DATE: warn below so many days, be critical below so many; DATE is as 2027-01-31."
  }
}
