package diagnostics

import (
	"context"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// eachFile calls for each open file of this process with where its link
// points, until ctx is done.
func (s *system) eachFile(ctx context.Context, each func(target string)) error {
	dir := s.root + "/proc/self/fd"
	names, err := directory(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return errCutShort
		}
		if target, err := os.Readlink(dir + "/" + name); err == nil { // else closed since
			each(target)
		}
	}
	return nil
}

// fileKinds counts the open files of this process. The one that is opened to
// count them is not there any more.
func (s *system) fileKinds(ctx context.Context) (map[string]int, error) {
	kinds := map[string]int{}
	err := s.eachFile(ctx, func(target string) { kinds[kindOf(target)]++ })
	return kinds, err
}

// kindOf reads "socket:[1234]", "anon_inode:[eventfd]" or a path.
func kindOf(target string) string {
	kind, rest, special := strings.Cut(target, ":")
	switch {
	case strings.HasPrefix(target, "/dev/"):
		return "device"
	case strings.HasPrefix(target, "/") && strings.HasSuffix(target, " (deleted)"):
		return "deleted_file"
	case strings.HasPrefix(target, "/"):
		return "file"
	case special && kind == "anon_inode":
		return strings.Trim(rest, "[]")
	case special:
		return kind
	}
	return "other"
}

// connections lists the TCP sockets of the network namespace.
func (s *system) connections(ctx context.Context, each func(connection)) error {
	own, err := s.ownSockets(ctx)
	if err != nil {
		return err
	}
	cut := false
	err = dumpTCP(allStates, func(m []byte) bool {
		each(connection{status: stateOf(m), remote: remoteOf(m), own: own[inodeOf(m)]})
		cut = ctx.Err() != nil
		return !cut
	})
	if cut {
		return errCutShort
	}
	return err
}

// ownSockets are the inodes of this process's sockets.
func (s *system) ownSockets(ctx context.Context) (map[uint32]bool, error) {
	own := map[uint32]bool{}
	err := s.eachFile(ctx, func(target string) {
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
