package system

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// Connections calls each with every TCP socket of the network namespace.
func (r *Reader) Connections(ctx context.Context, each func(Connection)) error {
	own, err := r.ownSockets(ctx)
	if err != nil {
		return err
	}
	cut := false
	err = dumpTCP(allStates, func(m []byte) bool {
		each(Connection{Status: stateOf(m), Remote: remoteOf(m), Own: own[inodeOf(m)]})
		cut = ctx.Err() != nil
		return !cut
	})
	if cut {
		return ErrCutShort
	}
	return err
}

// ownSockets returns the inodes of this process's sockets.
func (r *Reader) ownSockets(ctx context.Context) (map[uint32]bool, error) {
	own := map[uint32]bool{}
	err := r.eachFile(ctx, func(target string) {
		rest, ok := strings.CutPrefix(target, "socket:[")
		if inode, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 32); ok && err == nil {
			own[uint32(inode)] = true
		}
	})
	return own, err
}

func remoteOf(m []byte) netip.Addr {
	const ipv4 = 2
	if m[0] == ipv4 {
		return netip.AddrFrom4([4]byte(m[24:]))
	}
	return netip.AddrFrom16([16]byte(m[24:])).Unmap()
}
