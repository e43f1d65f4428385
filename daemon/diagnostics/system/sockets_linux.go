package system

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"vega/daemon/diagnostics/kernelfile"
)

const (
	// maxWalk is the number of TCP sockets above which their states are not listed
	// individually. Listing two thousand takes about a millisecond.
	maxWalk = 20_000
	// walkEvery is how long listed states are reused.
	walkEvery = time.Second
)

// socketCounts are the counts that the kernel keeps itself. Reading them takes
// microseconds, however many sockets there are.
type socketCounts struct {
	tcp         int // all except those in TIME_WAIT
	timeWait    int
	established int // includes CLOSE_WAIT
	udp         int
}

// Sockets counts the TCP and UDP sockets by state. It may return counts even with an
// error. The kernel counts the common states itself. Sockets in all other states are
// listed individually.
func (r *Reader) Sockets(context.Context) (map[string]int, error) {
	c, err := r.countSockets()
	if err != nil {
		return nil, err
	}
	states, err := r.rareStates(c)
	states["TIME_WAIT"], states[StatusUDP] = c.timeWait, c.udp
	states["ESTABLISHED"] = max(0, c.established-states["CLOSE_WAIT"])
	maps.DeleteFunc(states, func(_ string, n int) bool { return n == 0 })
	return states, err
}

// walkCache keeps the counts of rare states for reads in close succession.
type walkCache struct {
	mu     sync.Mutex
	at     time.Time
	states map[string]int
}

// rareStates counts the sockets in all TCP states except the two common ones. If
// they can't be listed or are too many, it counts them all as OTHER and returns an
// error.
func (r *Reader) rareStates(c socketCounts) (map[string]int, error) {
	other := map[string]int{StatusOther: max(0, c.tcp-c.established)}
	if c.tcp+c.timeWait > maxWalk {
		return other, fmt.Errorf("too many TCP sockets to list (%d); OTHER counts all states except ESTABLISHED, which includes CLOSE_WAIT, and TIME_WAIT", c.tcp+c.timeWait)
	}
	r.walk.mu.Lock()
	defer r.walk.mu.Unlock()
	if time.Since(r.walk.at) >= walkEvery {
		states := map[string]int{}
		if err := dumpTCP(uncommonStates, func(m []byte) bool { states[stateOf(m)]++; return true }); err != nil {
			return other, fmt.Errorf("list the states of sockets: %w; OTHER counts all states except ESTABLISHED, which includes CLOSE_WAIT, and TIME_WAIT", err)
		}
		r.walk.at, r.walk.states = time.Now(), states
	}
	return maps.Clone(r.walk.states), nil
}

func (r *Reader) countSockets() (socketCounts, error) {
	var c socketCounts
	for _, name := range []string{"/proc/net/sockstat", "/proc/net/sockstat6"} {
		text, err := r.read(name)
		if err != nil && name == "/proc/net/sockstat6" {
			continue // IPv6 is disabled
		}
		if err != nil {
			return c, err
		}
		if err := c.add(name, text); err != nil {
			return c, err
		}
	}
	text, err := r.read("/proc/net/snmp")
	if err != nil {
		return c, err
	}
	c.established, err = currentlyEstablished(text)
	return c, err
}

// add adds the counts of lines such as "TCP: inuse 3 orphan 0 tw 2 alloc 3 mem 0".
func (c *socketCounts) add(name, text string) error {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		protocol := strings.TrimRight(fields[0], "6:")
		for n := 1; n+1 < len(fields); n += 2 {
			v, err := strconv.Atoi(fields[n+1])
			if err != nil {
				return kernelfile.Malformed(name, line)
			}
			switch protocol + " " + fields[n] {
			case "TCP inuse":
				c.tcp += v
			case "TCP tw":
				c.timeWait += v
			case "UDP inuse":
				c.udp += v
			}
		}
	}
	return nil
}

// currentlyEstablished returns CurrEstab from a pair of lines "Tcp:". The first line
// names the columns of the second.
func currentlyEstablished(text string) (int, error) {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for n := range min(len(names), len(fields)) {
			if names[n] == "CurrEstab" {
				return strconv.Atoi(fields[n])
			}
		}
	}
	return 0, kernelfile.Malformed("/proc/net/snmp", text)
}
