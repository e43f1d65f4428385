package reach

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// datagrams answers each datagram with what answer returns for the address of the sender.
func datagrams(t *testing.T, answer func(c net.PacketConn, text string, to net.Addr)) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			answer(c, string(b[:n]), from)
		}
	}()
	return c.LocalAddr().String()
}

// says sends a datagram; the peer may have gone.
func says(c net.PacketConn, text string, to net.Addr) { _, _ = c.WriteTo([]byte(text), to) }

// TestUDP sends datagrams to servers that answer in different ways.
func TestUDP(t *testing.T) {
	t.Parallel()
	echo := datagrams(t, says)
	quiet := datagrams(t, func(net.PacketConn, string, net.Addr) {})
	wrong := datagrams(t, func(c net.PacketConn, _ string, to net.Addr) { says(c, "busy", to) })
	late := datagrams(t, func(c net.PacketConn, s string, to net.Addr) {
		time.AfterFunc(time.Hour, func() { says(c, s, to) })
	})
	elsewhere := datagrams(t, func(_ net.PacketConn, s string, to net.Addr) {
		if other, err := net.ListenPacket("udp", "127.0.0.1:0"); err == nil {
			says(other, s, to)
			_ = other.Close()
		}
	})
	config := func(addr, more string) string { return fmt.Sprintf("    address = %q\n%s", addr, more) }
	const ping = "    send   = \"ping\"\n    expect = \"ping\""
	closedPort := func() string {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}()
	check(t, "udp", place{}, []row{
		{does: "echoes", config: config(echo, ping), status: "healthy", message: echo},
		{does: "answers something else", config: config(wrong, ping), status: "unhealthy", cause: "target", message: "busy"},
		{does: "is silent", lets: true, config: config(quiet, ping), status: "unhealthy", cause: "timeout", message: quiet},
		{does: "answers after the deadline", lets: true, config: config(late, ping), status: "unhealthy", cause: "timeout", message: late},
		{does: "answers from another port", lets: true, config: config(elsewhere, ping), status: "unhealthy", cause: "timeout", message: elsewhere},
		{does: "port closed (ICMP port unreachable)", config: config(closedPort, ping), status: "unhealthy", cause: "target", message: closedPort},
	})
}
