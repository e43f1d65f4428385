package doctor

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listening is the state of a socket in /proc/net/tcp.
const listening = "0A"

// listener describes the process that listens on a port of an address that host
// includes, such as "nginx (process 4711)". It returns "" if that can't be seen.
func listener(host string, port int) string {
	pid := listeningProcess(host, port)
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if pid == 0 || err != nil {
		return ""
	}
	return fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(name)), pid)
}

// listeningProcess returns the ID of that process, or 0. Only root sees the processes
// of others.
func listeningProcess(host string, port int) int {
	wanted, _ := netip.ParseAddr(host)
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != listening {
				continue
			}
			if at, ok := socketAddress(f[1]); ok && int(at.Port()) == port && overlap(wanted, at.Addr()) {
				inodes["socket:["+f[9]+"]"] = true
			}
		}
	}
	if len(inodes) == 0 {
		return 0
	}
	return ownerOf(inodes)
}

// overlap reports whether servers on both addresses would be in each other's way.
func overlap(a, b netip.Addr) bool {
	a, b = a.Unmap(), b.Unmap()
	return !a.IsValid() || a == b || a.IsUnspecified() || b.IsUnspecified()
}

// socketAddress parses an address such as 0100007F:1F40: words in the order of bytes
// of this machine.
func socketAddress(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	words, err2 := hex.DecodeString(address)
	if err != nil || err2 != nil || len(words)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for n := 0; n < len(words); n += 4 {
		binary.NativeEndian.PutUint32(words[n:], binary.BigEndian.Uint32(words[n:]))
	}
	ip, ok := netip.AddrFromSlice(words)
	return netip.AddrPortFrom(ip, uint16(number)), ok
}

// ownerOf returns the ID of a process that has one of the sockets open, or 0.
func ownerOf(sockets map[string]bool) int {
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err != nil || !sockets[to] {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(file)))); err == nil {
			return pid
		}
	}
	return 0
}

// hasOpen reports whether a process has a file open that is or was at the path.
func hasOpen(pid int, path string) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && strings.TrimSuffix(to, " (deleted)") == path {
			return true
		}
	}
	return false
}

// lowestPort returns the lowest port that needs no privilege.
func lowestPort() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 1024
	}
	return n
}
