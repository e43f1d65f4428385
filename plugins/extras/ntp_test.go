package extras_test

import (
	"math"
	"net"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

func TestNTP(t *testing.T) {
	k := open(t, "ntp", plugintest.Options{})
	at := func(addr string) manifest.Values { return manifest.Values{"address": manifest.Plain(addr)} }
	good := realtest.Chrony(t, 3)
	near := at(good)
	near["max_offset"] = realtest.Patience // a busy machine reads its clock late
	_, r := run(t, k, "healthy", near, want{check.Healthy, "", "the clock of this machine is within "})
	got := map[string]float64{}
	for _, m := range r.Metrics {
		got[m.Name] = m.Value
	}
	if off, ok := got["offset"]; !ok || math.Abs(off) > got["delay"]/2+1 {
		t.Errorf("the clock differs from itself by %v ms, in an exchange of %v ms", off, got["delay"])
	}
	far := at(good)
	far["max_stratum"] = 2.0
	run(t, k, "", far, want{check.Degraded, check.Target, good + " is at stratum 3, further from a reference clock than 2"})
	lost := realtest.Chrony(t, 0)
	run(t, k, "unsynchronised", at(lost), want{check.Unhealthy, check.Target, lost + " does not know the time itself: it is not synchronised"})

	ahead := serveTime(t, func(answer []byte) { shift(answer, 90*time.Second) })
	run(t, k, "behind", at(ahead), want{check.Degraded, check.Target, "the clock of this machine is "})
	kiss := serveTime(t, func(answer []byte) {
		answer[1] = 0
		copy(answer[12:], "RATE")
	})
	run(t, k, "kiss_of_death", at(kiss), want{check.Unknown, check.Probe, kiss + " did not answer because vega or its network asks too often (RATE); raise the interval"})
	denied := serveTime(t, func(answer []byte) {
		answer[0], answer[1] = 0xe4, 0
		copy(answer[12:], "DENY")
	})
	run(t, k, "denied", at(denied), want{check.Unhealthy, check.Target, denied + " refuses to answer (DENY): it denies access to this machine"})
	starting := serveTime(t, func(answer []byte) {
		answer[0], answer[1] = 0xe4, 0
		copy(answer[12:], "INIT")
	})
	run(t, k, "", at(starting), want{check.Unhealthy, check.Target, starting + " does not know the time itself"})
	// What makes an answer useless: no time of arrival, and an error of a minute.
	for _, change := range []func(answer []byte){func(answer []byte) { clear(answer[32:40]) }, func(answer []byte) { answer[9] = 60 }} {
		useless := serveTime(t, change)
		run(t, k, "", at(useless), want{check.Unhealthy, check.Target, useless + " does not know the time itself"})
	}
	other := serveTime(t, func(answer []byte) { answer[24]++ })
	run(t, k, "another_answer", at(other), want{check.Unhealthy, check.Timeout, other + " sent only answers to other requests"})
	echo := serveDatagrams(t, func(ask []byte) [][]byte { return [][]byte{ask} })
	run(t, k, "not_a_time_server", at(echo), want{check.Unhealthy, check.Timeout, "what answers at " + echo + " is not a time server"})
	// Datagrams that answer something else, then the answer with an extension field.
	late := serveDatagrams(t, func(ask []byte) [][]byte {
		old := timeAnswer(ask)
		old[24]++
		broadcast := timeAnswer(ask)
		broadcast[0] = 0x25
		return [][]byte{[]byte("hello"), old, broadcast, append(timeAnswer(ask), make([]byte, 28)...)}
	})
	patient := at(late)
	patient["max_offset"] = realtest.Patience
	run(t, k, "stray_datagrams", patient, want{check.Healthy, "", "the clock of this machine is within "})
	silent := serveTime(t, nil)
	run(t, k, "", at(silent), want{check.Unhealthy, check.Timeout, silent + " did not answer in time"})
}

// serveTime answers as a server of RFC 5905, after change has modified the
// answer. If change is nil, it does not answer.
func serveTime(t *testing.T, change func(answer []byte)) string {
	return serveDatagrams(t, func(ask []byte) [][]byte {
		if change == nil {
			return nil
		}
		answer := timeAnswer(ask)
		change(answer)
		return [][]byte{answer}
	})
}

// serveDatagrams answers each request with datagrams.
func serveDatagrams(t *testing.T, answer func(ask []byte) [][]byte) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		ask := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(ask)
			if err != nil {
				return
			}
			for _, a := range answer(ask[:n]) {
				_, _ = c.WriteTo(a, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func timeAnswer(ask []byte) []byte {
	answer := make([]byte, 48)
	answer[0], answer[1] = 0x24, 2
	copy(answer[24:32], ask[40:48])
	stamp(answer[32:40], time.Now())
	stamp(answer[40:48], time.Now())
	return answer
}

func stamp(at []byte, now time.Time) {
	s, f := uint32(now.Unix()+2208988800), uint32(uint64(now.Nanosecond())<<32/1e9)
	for i := range 4 {
		at[i], at[4+i] = byte(s>>(24-8*i)), byte(f>>(24-8*i))
	}
}

func shift(answer []byte, by time.Duration) {
	stamp(answer[32:40], time.Now().Add(by))
	stamp(answer[40:48], time.Now().Add(by))
}
