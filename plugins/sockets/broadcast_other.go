//go:build !unix

package sockets

import "syscall"

func forbidBroadcast(syscall.RawConn) error { return nil }
