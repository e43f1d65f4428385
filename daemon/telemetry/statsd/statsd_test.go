package statsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/config/telemetry"
	"vega/policies/check"
)

// receiver collects packets.
type receiver struct {
	net.PacketConn
	mu      sync.Mutex
	packets []string
	done    chan struct{}
}

func listen(t *testing.T, network, address string) *receiver {
	t.Helper()
	c, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{PacketConn: c, done: make(chan struct{})}
	go r.read()
	t.Cleanup(func() { _ = c.Close(); <-r.done })
	return r
}

func (r *receiver) read() {
	defer close(r.done)
	b := make([]byte, 64<<10)
	for {
		n, _, err := r.ReadFrom(b)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.packets = append(r.packets, string(b[:n]))
		r.mu.Unlock()
	}
}

// lines waits for lines and returns all of them, sorted.
func (r *receiver) lines(t *testing.T, n int) []string {
	t.Helper()
	for {
		r.mu.Lock()
		all := strings.Fields(strings.Join(r.packets, "\n"))
		r.mu.Unlock()
		if len(all) >= n {
			slices.Sort(all)
			return all
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("%d of %d lines arrived: %q", len(all), n, all)
		case <-time.After(time.Millisecond):
		}
	}
}

var web = check.Run{
	Integration: "shop.web", Status: check.Unhealthy, Cause: check.Target, Took: 1500 * time.Microsecond,
	Metrics: []check.Metric{{Name: "latency", Value: 12.5, Unit: "ms"}, {Name: "drift", Value: -3}, {Name: "bad", Value: math.NaN()}, {Name: "more", Value: 1}},
}

var plainLines = []string{
	"vega.integration.runs.shop_web.unhealthy.target:1|c",
	"vega.integration.status.shop_web.degraded:0|g",
	"vega.integration.status.shop_web.healthy:0|g",
	"vega.integration.status.shop_web.unhealthy:1|g",
	"vega.integration.status.shop_web.unknown:0|g",
	"vega.metric.orders.open:7|g",
	"vega.probe.value.shop_web.drift.none:-3|g",
	"vega.probe.value.shop_web.drift.none:0|g", // before it: a sign would change the value
	"vega.probe.value.shop_web.latency.ms:12.5|g",
	"vega.run.duration.shop_web:1.500000|ms",
}

var taggedLines = []string{
	"vega.integration.runs:1|c|#integration:shop.web,status:unhealthy,cause:target",
	"vega.integration.status:0|g|#integration:shop.web,status:degraded",
	"vega.integration.status:0|g|#integration:shop.web,status:healthy",
	"vega.integration.status:0|g|#integration:shop.web,status:unknown",
	"vega.integration.status:1|g|#integration:shop.web,status:unhealthy",
	"vega.metric.orders:7|g|#state:open",
	"vega.probe.value:-3|g|#integration:shop.web,metric:drift",
	"vega.probe.value:12.5|g|#integration:shop.web,metric:latency,unit:ms",
	"vega.run.duration:1.500000|ms|#integration:shop.web",
}

func send(t *testing.T, x *Exporter, s telemetry.StatsD) {
	t.Helper()
	x.Configure(&s, 3)
	if err := x.Record(t.Context(), web); err != nil || !x.Active() {
		t.Fatal(err, x.Active())
	}
	x.Gauge("metric.orders", 7, Label{"state", "open"})
	x.Close()
}

func TestLines(t *testing.T) {
	for name, c := range map[string]struct {
		network, address string
		tags             bool
		want             []string
	}{
		"plain over UDP":          {"udp", "127.0.0.1:0", false, plainLines},
		"tags over UDP":           {"udp", "127.0.0.1:0", true, taggedLines},
		"plain to a Unix socket":  {"unixgram", filepath.Join(t.TempDir(), "s"), false, plainLines},
		"tags to a Unix socket":   {"unixgram", filepath.Join(t.TempDir(), "s"), true, taggedLines},
		"plain over UDP and IPv6": {"udp", "[::1]:0", false, plainLines},
	} {
		t.Run(name, func(t *testing.T) {
			if c.network == "udp" && c.address == "[::1]:0" {
				if l, err := net.ListenPacket("udp", c.address); err != nil {
					t.Skip("no IPv6")
				} else {
					_ = l.Close()
				}
			}
			r := listen(t, c.network, c.address)
			address := r.LocalAddr().String()
			if c.network == "unixgram" {
				address = "unix://" + address
			}
			x := New(slog.New(slog.DiscardHandler), nil)
			send(t, x, telemetry.StatsD{Address: address, Prefix: "vega.", Tags: c.tags})
			if got := r.lines(t, len(c.want)); !slices.Equal(got, c.want) {
				t.Errorf("%s", strings.Join(got, "\n"))
			}
			if x.Lost() != 0 || x.Active() {
				t.Errorf("%d lost, active %t", x.Lost(), x.Active())
			}
		})
	}
}

// TestTheEnvironmentAddsNoTagsToPlainLines: the library adds them to each line.
func TestTheEnvironmentAddsNoTagsToPlainLines(t *testing.T) {
	for name, value := range map[string]string{"DD_ENV": "prod", "DD_SERVICE": "vega", "DD_TAG_CARDINALITY": "high"} {
		t.Setenv(name, value)
	}
	r := listen(t, "udp", "127.0.0.1:0")
	send(t, New(slog.New(slog.DiscardHandler), nil), telemetry.StatsD{Address: r.LocalAddr().String(), Prefix: "vega."})
	if got := r.lines(t, len(plainLines)); !slices.Equal(got, plainLines) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

func TestNamesAreSanitized(t *testing.T) {
	r := listen(t, "udp", "127.0.0.1:0")
	x := New(slog.New(slog.DiscardHandler), nil)
	hostile := "a b|c:1|g\nx:9|c,#d@ü" + strings.Repeat("y", 300)
	for _, tags := range []bool{false, true} {
		x.Configure(&telemetry.StatsD{Address: r.LocalAddr().String(), Tags: tags}, 3)
		x.Gauge("metric.m", 1, Label{"state", hostile}, Label{"other", ""})
	}
	x.Close()
	want := []string{
		"metric.m.a_b_c_1_g_x_9_c__d__" + strings.Repeat("y", 200-29+9) + ".none:1|g",
		"metric.m:1|g|#state:a_b_c:1_g_x:9_c__d_ü" + strings.Repeat("y", 200-6-26+3),
	}
	got := r.lines(t, 2)
	for n := range want {
		short := len("metric.m") // what follows is cut
		if len(got[n]) > 230 || got[n][:short+25] != want[n][:short+25] || strings.Count(got[n], "|") != strings.Count(want[n], "|") || strings.Count(got[n], "\n") > 0 {
			t.Errorf("%s\nwant it to begin like %s", got[n], want[n])
		}
	}
}

func TestPacketsFitIntoAFrame(t *testing.T) {
	for tags, want := range map[bool]int{true: 100, false: 200} { // plain lines are set to zero first
		lines := 0
		x := New(slog.New(slog.DiscardHandler), func(context.Context, string, string) (net.Conn, error) {
			return pipe{write: func(b []byte) error {
				if lines += strings.Count(string(b), "\n"); len(b) > maxPacket {
					t.Errorf("a packet has %d bytes", len(b))
				}
				return nil
			}}, nil
		})
		x.Configure(&telemetry.StatsD{Address: "127.0.0.1:8125", Prefix: "vega.", Tags: tags}, 3)
		for n := range 100 {
			x.Gauge("metric.m", -math.MaxFloat64, Label{"n", fmt.Sprint(n)}, Label{"long", strings.Repeat("x", 150)})
		}
		var long []Label
		for range 10 {
			long = append(long, Label{"a", strings.Repeat("x", 300)})
		}
		x.Gauge("metric.long", 1, long...)
		x.Close()
		if lines != want || x.Lost() != 1 {
			t.Errorf("tags %t: %d lines, want %d; %d lost, want the one that fits into no packet", tags, lines, want, x.Lost())
		}
	}
}

// TestAReceiverThatRestarts has a Unix socket that is removed and made again.
func TestAReceiverThatRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	x := New(slog.New(slog.DiscardHandler), nil)
	x.Configure(&telemetry.StatsD{Address: "unix://" + path}, 3)
	c := x.now.Load()
	first := listen(t, "unixgram", path)
	x.Gauge("a", 1)
	_ = c.Flush()
	first.lines(t, 1)
	_ = first.Close()
	<-first.done
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	second := listen(t, "unixgram", path)
	x.Gauge("b", 1)
	_ = c.Flush()
	if got := second.lines(t, 1); got[0] != "b:1|g" || x.Lost() != 0 {
		t.Errorf("%v, %d lost", got, x.Lost())
	}
	x.Close()
}

// pipe is a connection whose other end is a test.
type pipe struct {
	net.Conn
	write func([]byte) error
}

func (p pipe) Write(b []byte) (int, error)      { return len(b), p.write(b) }
func (pipe) SetWriteDeadline(_ time.Time) error { return nil }
func (pipe) Close() error                       { return nil }

// names is a resolver that at first does not know the receiver, and the receiver.
type names struct {
	mu       sync.Mutex
	resolves bool
	dials    int
	packets  []string
}

func (r *names) dial(context.Context, string, string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dials++; !r.resolves {
		return nil, &net.DNSError{Err: "no such host", Name: "statsd.example", IsNotFound: true}
	}
	return pipe{write: func(b []byte) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.packets = append(r.packets, string(b))
		return nil
	}}, nil
}

// take returns what has happened since the last call, and sets whether the name resolves.
func (r *names) take(resolves bool) (dials int, packets []string) {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	dials, packets = r.dials, r.packets
	r.dials, r.packets, r.resolves = 0, nil, resolves
	return dials, packets
}

// TestAnAddressThatCannotBeResolvedIsTriedAgain uses virtual time.
func TestAnAddressThatCannotBeResolvedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var r names
		x := New(slog.New(slog.NewTextHandler(&log, nil)), r.dial)
		x.Configure(&telemetry.StatsD{Address: "statsd.example:8125"}, 3)
		for range 20 {
			x.Gauge("a", 1)
			time.Sleep(time.Second)
		}
		if dials, packets := r.take(true); dials == 0 || dials > 5 || len(packets) > 0 || x.Lost() == 0 || strings.Count(log.String(), "no such host") != 1 {
			t.Errorf("%d dials, %d packets, %d lost, log %s", dials, len(packets), x.Lost(), &log)
		}
		time.Sleep(10 * time.Second)
		x.Gauge("b", 1)
		time.Sleep(5 * time.Second)
		if _, packets := r.take(true); len(packets) == 0 || packets[len(packets)-1] != "b:1|g\n" {
			t.Errorf("%q", packets)
		}
		for range 10 { // the name is looked up again
			x.Gauge("c", 1)
			time.Sleep(30 * time.Second)
		}
		if dials, _ := r.take(true); dials < 3 || dials > 6 {
			t.Errorf("%d dials in five minutes", dials)
		}
		x.Close()
	})
}

// TestAReceiverThatHangsDelaysNothing has a receiver that never takes a packet.
func TestAReceiverThatHangsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(context.Context, string, string) (net.Conn, error) {
			return pipe{write: func([]byte) error { time.Sleep(sendPatience); return os.ErrDeadlineExceeded }}, nil
		}
		x := New(slog.New(slog.DiscardHandler), hang)
		x.Configure(&telemetry.StatsD{Address: "127.0.0.1:1"}, 3)
		began := time.Now()
		for n := range 20000 {
			x.Gauge("a", 1, Label{"n", fmt.Sprint(n)})
			_ = x.Record(t.Context(), web)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("sending waited for %v", waited)
		}
		time.Sleep(time.Minute)
		x.Configure(&telemetry.StatsD{Address: "127.0.0.1:2"}, 3)
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the reload waited for %v", waited-time.Minute)
		}
		x.Gauge("b", 1)
		x.Close()
		if waited := time.Since(began); waited > time.Minute+3*closePatience {
			t.Errorf("closing waited for %v", waited-time.Minute)
		}
		if lost := x.Lost(); lost < 40000 {
			t.Errorf("%d lost", lost)
		}
	})
}

func TestReloadsSwitch(t *testing.T) {
	first, second := listen(t, "udp", "127.0.0.1:0"), listen(t, "udp", "127.0.0.1:0")
	x := New(slog.New(slog.DiscardHandler), nil)
	x.Gauge("off", 1)
	_ = x.Record(t.Context(), web)
	s := telemetry.StatsD{Address: first.LocalAddr().String()}
	x.Configure(&s, 3)
	same := x.now.Load()
	again := s
	x.Configure(&again, 3)
	if x.now.Load() != same {
		t.Error("a reload without a change made another client")
	}
	x.Gauge("a", 1)
	x.Configure(&telemetry.StatsD{Address: second.LocalAddr().String()}, 3)
	x.Gauge("b", 1)
	x.Configure(nil, 3)
	x.Gauge("off", 1)
	x.Close()
	if a, b := first.lines(t, 1), second.lines(t, 1); a[0] != "a:1|g" || b[0] != "b:1|g" {
		t.Errorf("%q, %q", a, b)
	}
}

func BenchmarkRecord(b *testing.B) {
	x := New(slog.New(slog.DiscardHandler), func(context.Context, string, string) (net.Conn, error) {
		return pipe{write: func([]byte) error { return nil }}, nil
	})
	for _, on := range []bool{false, true} {
		if on {
			x.Configure(&telemetry.StatsD{Address: "127.0.0.1:8125", Tags: true}, 20)
		}
		b.Run(fmt.Sprintf("on=%t", on), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = x.Record(b.Context(), web)
			}
		})
	}
	x.Close()
}
