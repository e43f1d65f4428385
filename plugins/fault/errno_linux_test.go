package fault_test

import "syscall"

func init() { targets[syscall.EREMOTEIO], targets[syscall.EREMCHG] = true, true }
