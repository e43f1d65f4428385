package diagnostics

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxWalk is how many TCP sockets there may be for their states to be looked
// at one by one: it costs about a millisecond for two thousand.
const maxWalk = 20_000

// socketCounts are what the kernel keeps count of, in microseconds, however
// many sockets there are.
type socketCounts struct {
	tcp         int // all but those in TIME_WAIT
	timeWait    int
	established int // and CLOSE_WAIT
	udp         int
}

// sockets counts TCP and UDP sockets by state. What is common is counted by the
// kernel already; for the rest, the kernel is asked to list all others.
func (s *system) sockets(context.Context) (map[string]int, error) {
	c, err := s.countSockets()
	if err != nil {
		return nil, err
	}
	states, err := s.rareStates(c)
	states["TIME_WAIT"], states[statusUDP] = c.timeWait, c.udp
	states["ESTABLISHED"] = max(0, c.established-states["CLOSE_WAIT"])
	maps.DeleteFunc(states, func(_ string, n int) bool { return n == 0 })
	return states, err
}

// walkCache keeps the rare states for readers that come close together.
type walkCache struct {
	mu     sync.Mutex
	at     time.Time
	states map[string]int
}

// rareStates are all TCP states but the two common ones. With an error, or with
// too many sockets to look at, they are told apart no further than OTHER.
func (s *system) rareStates(c socketCounts) (map[string]int, error) {
	other := map[string]int{statusOther: max(0, c.tcp-c.established)}
	if c.tcp+c.timeWait > maxWalk {
		return other, fmt.Errorf("there are %d TCP sockets, too many to look at each: OTHER is all but ESTABLISHED, with CLOSE_WAIT in it, and TIME_WAIT", c.tcp+c.timeWait)
	}
	s.walk.mu.Lock()
	defer s.walk.mu.Unlock()
	if time.Since(s.walk.at) >= freshFor {
		states := map[string]int{}
		if err := dumpTCP(uncommonStates, func(m []byte) bool { states[stateOf(m)]++; return true }); err != nil {
			return other, fmt.Errorf("ask the kernel for the state of each socket: %w; OTHER is all but ESTABLISHED, with CLOSE_WAIT in it, and TIME_WAIT", err)
		}
		s.walk.at, s.walk.states = time.Now(), states
	}
	return maps.Clone(s.walk.states), nil
}

func (s *system) countSockets() (socketCounts, error) {
	var c socketCounts
	for _, name := range []string{"/proc/net/sockstat", "/proc/net/sockstat6"} {
		text, err := s.read(name)
		if err != nil && name == "/proc/net/sockstat6" {
			continue // no IPv6 here
		}
		if err != nil {
			return c, err
		}
		if err := c.add(name, text); err != nil {
			return c, err
		}
	}
	text, err := s.read("/proc/net/snmp")
	if err != nil {
		return c, err
	}
	c.established, err = currentlyEstablished(text)
	return c, err
}

// add reads lines such as "TCP: inuse 3 orphan 0 tw 2 alloc 3 mem 0".
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
				return malformed(name, line)
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

// currentlyEstablished finds CurrEstab in two lines "Tcp:", the first of which
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
	return 0, malformed("/proc/net/snmp", text)
}
