package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// Echo describes echo requests. A field that is zero has its default.
type Echo struct {
	Family   int      // 4 or 6; 0 takes the first address of the host
	Count    int      // 3; at most 100
	Size     int      // 56 bytes of payload; NoPayload for none, at most 65500
	TTL      int      // time to live, or hop limit; the default is that of vega's system
	Interval Duration // 200ms between two requests; at least 10ms
	Wait     Duration // 1s for each reply; a later one does not count
}

// NoPayload is the Size of requests without a payload.
const NoPayload = -1

// Echoes are the results of echo requests.
type Echoes struct {
	Address string // that the requests went to
	Replies []EchoReply
}

// EchoReply is what came back for one request.
type EchoReply struct {
	Arrived    bool
	RTT        Duration
	TTL        int // of the reply; 0 if it is not known
	Duplicates int
	Failed     bool   // an ICMP error came instead of a reply
	Type, Code int    // of that error; those of ICMPv6 if Address is an IPv6 address
	From       string // that sent the reply or the error, or ""
}

// Ping sends echo requests (ICMP) to a host and waits for the replies. It returns an
// error if the requests could not be sent, and if the run has too little time left for
// all of them: each request in the result had its whole wait. That nothing came back is
// not an error.
func (r *Run) Ping(host string, e Echo) (*Echoes, error) {
	e.defaults()
	handle := abi.ICMPEcho(host, int32(e.Family), int32(e.Count), int32(e.Size), int32(e.TTL), int64(e.Interval), int64(e.Wait))
	if handle < 0 {
		return nil, failure(handle)
	}
	defer abi.Close(handle)
	out := &Echoes{Address: echoFrom(handle, -1), Replies: make([]EchoReply, e.Count)}
	for i := range out.Replies {
		p := &out.Replies[i]
		n := int32(i)
		rtt := abi.ICMPReply(handle, n, abi.EchoRTT)
		if p.Arrived = rtt >= 0; p.Arrived {
			p.RTT = Duration(rtt)
			p.TTL = int(max(0, abi.ICMPReply(handle, n, abi.EchoTTL)))
		}
		p.Duplicates = int(max(0, abi.ICMPReply(handle, n, abi.EchoDuplicates)))
		if code := abi.ICMPReply(handle, n, abi.EchoError); code >= 0 {
			p.Failed, p.Type, p.Code = true, int(code>>8), int(code&255)
		}
		if p.Arrived || p.Failed {
			p.From = echoFrom(handle, n)
		}
	}
	return out, nil
}

func (e *Echo) defaults() {
	if e.Count == 0 {
		e.Count = 3
	}
	switch e.Size {
	case 0:
		e.Size = 56
	case NoPayload:
		e.Size = 0
	}
	if e.Interval == 0 {
		e.Interval = 200 * Millisecond
	}
	if e.Wait == 0 {
		e.Wait = Second
	}
}

func echoFrom(handle, n int32) string {
	text, err := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 { return abi.ICMPFrom(handle, n, buf, size) })
	if err != nil {
		return ""
	}
	return text
}

// Arrived returns how many requests were answered in time.
func (e *Echoes) Arrived() (n int) {
	for i := range e.Replies {
		if e.Replies[i].Arrived {
			n++
		}
	}
	return n
}

// Loss returns the percentage of requests without a reply.
func (e *Echoes) Loss() float64 {
	return float64(100*(len(e.Replies)-e.Arrived())) / float64(len(e.Replies))
}

// RTT returns the shortest, the average and the longest round trip time, or zeros if
// nothing arrived.
func (e *Echoes) RTT() (least, average, most Duration) {
	sum, n := Duration(0), 0
	for i := range e.Replies {
		p := &e.Replies[i]
		if !p.Arrived {
			continue
		}
		if n == 0 || p.RTT < least {
			least = p.RTT
		}
		most = max(most, p.RTT)
		sum += p.RTT
		n++
	}
	return least, sum / Duration(max(n, 1)), most
}

// Jitter returns the mean of the differences between the round trip times of successive
// replies, without their signs. It reports false if fewer than two arrived.
func (e *Echoes) Jitter() (Duration, bool) {
	sum, n, last := Duration(0), 0, Duration(-1)
	for i := range e.Replies {
		p := &e.Replies[i]
		if !p.Arrived {
			continue
		}
		if last >= 0 {
			sum += max(p.RTT-last, last-p.RTT)
			n++
		}
		last = p.RTT
	}
	return sum / Duration(max(n, 1)), n > 0
}

// Duplicates returns how many replies came more than once.
func (e *Echoes) Duplicates() (n int) {
	for i := range e.Replies {
		n += e.Replies[i].Duplicates
	}
	return n
}
