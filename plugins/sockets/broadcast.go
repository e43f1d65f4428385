package sockets

import (
	"errors"
	"syscall"
)

// ErrBroadcast reports a datagram to the broadcast address of a network, which goes to
// each of its hosts. Package net would send it.
var ErrBroadcast = errors.New("it is a broadcast address, which stands for every host of a network; use the address of one host")

// unicast is the control function of a dialer whose datagrams go to one host only.
func unicast(network, _ string, c syscall.RawConn) error {
	if network != "udp4" {
		return nil
	}
	return forbidBroadcast(c)
}
