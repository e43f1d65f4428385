package fault_test

import "syscall"

// targets lists the codes that only the target, or the network next to it, can
// have caused.
var targets = map[syscall.Errno]bool{
	10061: true, 1225: true, 1234: true, 10054: true, 10057: true, 10058: true, 10101: true, 64: true, 109: true, 232: true,
	10064: true, 10065: true, 1232: true, 1233: true,
}
