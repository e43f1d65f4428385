//go:build !wasip1

package main

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"vega/sdk/abi"
)

// datagrams starts a service over UDP. answer returns what it answers the n-th datagram
// with, counted from 1; nil is no answer.
func datagrams(t *testing.T, answer func(n int32, asked string) [][]byte) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	var n atomic.Int32
	go func() {
		for p := make([]byte, 2048); ; {
			got, from, err := pc.ReadFrom(p)
			if err != nil {
				return
			}
			for _, b := range answer(n.Add(1), string(p[:got])) {
				_, _ = pc.WriteTo(b, from)
			}
		}
	}()
	return pc.LocalAddr().String()
}

func TestUDP(t *testing.T) {
	echo := func(_ int32, asked string) [][]byte { return [][]byte{[]byte("you said " + asked)} }
	silent := datagrams(t, func(int32, string) [][]byte { return nil })
	lost := datagrams(t, func(n int32, asked string) [][]byte {
		if n < 3 {
			return nil
		}
		return echo(n, asked)
	})
	pieces := datagrams(t, func(int32, string) [][]byte { return [][]byte{[]byte("first, "), []byte("second")} })
	empty := datagrams(t, func(int32, string) [][]byte { return make([][]byte, 120) })
	binary := datagrams(t, func(int32, string) [][]byte { return [][]byte{{0x1c, 2, 3, 0xff}} })
	closed, _ := net.ListenPacket("udp", "127.0.0.1:0")
	nobody := closed.LocalAddr().String()
	closed.Close()
	brief := soon()
	brief.Timeout = 600 * time.Millisecond
	runRows(t, "udp", []row{
		{name: "an answer", options: options{"address": datagrams(t, echo), "send": "hi", "expect": "said hi"}, says: "answered with 11 bytes in", metrics: []string{"response_time"}, details: []string{"answer"}},
		{name: "bytes", options: options{"address": binary, "send_hex": "1b 00", "expect_hex": "0203FF"}, says: "answered with 4 bytes"},
		{name: "two datagrams", options: options{"address": pieces, "expect": "first, second"}, says: "answered with 13 bytes"},
		{name: "lost twice", options: options{"address": lost, "send": "hi", "expect": "said"}, config: brief, says: "answered with"},
		{name: "silence, and nothing expected", options: options{"address": silent, "retries": 0}, config: soon(), says: "did not answer 1 datagram in"},
		{name: "any answer", options: options{"address": datagrams(t, echo)}, says: "answered with 9 bytes"},

		{name: "nobody", options: options{"address": nobody}, status: abi.Unhealthy, says: "nothing listens on " + nobody + " (ICMP port unreachable)"},
		{name: "nobody, and an answer expected", options: options{"address": nobody, "send": "x", "expect": "y"}, status: abi.Unhealthy, says: "nothing listens on"},
		{name: "silence", options: options{"address": silent, "expect": "pong"}, config: soon(), status: abi.Unhealthy, says: "did not answer 3 datagrams in"},
		{name: "another answer", options: options{"address": datagrams(t, echo), "send": "hi", "expect": "HI"}, status: abi.Unhealthy, says: `answered "you said hi", which does not contain "HI"; it contains "hi", whose case differs`},
		{name: "other bytes", options: options{"address": binary, "expect_hex": "ffff"}, status: abi.Unhealthy, says: "which does not contain the bytes of expect_hex"},
		{name: "a flood of empty datagrams", options: options{"address": empty, "send": "hi", "expect": "hi"}, status: abi.Unhealthy, says: "which does not contain"},
		{name: "an unknown name", options: options{"address": "nothing.invalid:9"}, status: abi.Unhealthy, says: "does not resolve"},
		{name: "slow", options: options{"address": datagrams(t, echo), "max_latency": time.Nanosecond}, status: abi.Degraded, says: "longer than max_latency"},
		{name: "denied", options: options{"address": silent}, config: deny(), status: abi.Unknown, says: "is not granted"},
	})
}
