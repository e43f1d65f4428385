//go:build !unix

package sockets

import (
	"context"
	"net"

	"vega/plugins/fault"
)

// connectLocal refuses: paths here have another form than in grants, and no owner that
// could be checked.
func connectLocal(context.Context, string) (net.Conn, error) {
	return nil, fault.New(nil, "vega does not connect to sockets in the file system on this operating system", "run vega on Linux for this check")
}

func hidden(string) *fault.Own { return nil }
