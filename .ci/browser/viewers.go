package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// viewers prints what browsers that follow the pages cost vega, at 100 results a second: 1,
// 10 and 100 of them, one of which takes nothing after the first message. It fails if
// another one misses a message.
func viewers(ctx context.Context, s *suite) error {
	const lasts = 30 * time.Second
	return s.withFleet(ctx, func(v *vega) error {
		cookies, err := v.login(ctx)
		if err != nil {
			return err
		}
		var alone, rss float64
		for _, n := range []int{0, 1, 10, 100} {
			g := &group{v: v, cookie: cookies[0]}
			stop := g.join(ctx, n)
			cpu, memory, err := g.cost(ctx, lasts)
			if err = errors.Join(err, stop()); err != nil {
				return err
			}
			if n == 0 {
				alone, rss = cpu, memory
				fmt.Printf("     no viewer: vega %.2f %% of a core, %.1f MiB\n", cpu, memory/(1<<20))
				continue
			}
			fmt.Printf("     %d viewers: vega %.2f %% of a core more, %.1f KiB of memory and %.1f KiB a second for each, %d messages each\n",
				n, cpu-alone, (memory-rss)/float64(n)/1024, float64(g.bytes.Load())/float64(max(1, n-1))/lasts.Seconds()/1024, g.messages.Load()/int64(max(1, n-1)))
		}
		return nil
	})
}

// group is some viewers. If there are several, the first stops taking anything.
type group struct {
	v               *vega
	cookie          *http.Cookie
	bytes, messages atomic.Int64 // of those that take everything
	measuring       atomic.Bool

	mu     sync.Mutex
	errors []error
}

// join lets viewers follow, until stop is called, which returns what went wrong.
func (g *group) join(ctx context.Context, n int) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := g.follow(ctx, i == 0 && n > 1); err != nil && ctx.Err() == nil {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.errors = append(g.errors, err)
			}
		})
	}
	return func() error {
		cancel()
		all.Wait()
		return errors.Join(g.errors...)
	}
}

// follow reads a stream.
func (g *group) follow(ctx context.Context, stops bool) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.v.url+"/events", nil)
	if err != nil {
		return err
	}
	r.AddCookie(g.cookie)
	own := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if t, ok := c.(*net.TCPConn); ok && stops {
			err = t.SetReadBuffer(4 << 10)
		}
		return c, err
	}}
	defer own.CloseIdleConnections()
	answer, err := own.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /events: %s", answer.Status)
	}
	if stops {
		<-ctx.Done()
		return nil
	}
	return g.read(answer.Body)
}

// read reads messages. Each must follow the one before it.
func (g *group) read(from io.Reader) error {
	lines := bufio.NewReaderSize(from, 64<<10)
	var id, last uint64
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if g.measuring.Load() {
			g.bytes.Add(int64(len(line)))
		}
		if text, ok := strings.CutPrefix(line, "id: "); ok {
			_, number, _ := strings.Cut(strings.TrimSpace(text), "-")
			if id, err = strconv.ParseUint(number, 10, 64); err != nil {
				return err
			}
		}
		text, ok := strings.CutPrefix(line, "data: {")
		if !ok {
			continue
		}
		var m struct{ From, Reload uint64 }
		if err := json.Unmarshal([]byte("{"+text), &m); err != nil {
			return err
		}
		if last > 0 && (m.From > last || m.Reload > last) {
			return fmt.Errorf("message %d follows %d, but the last one was %d", id, m.From, last)
		}
		if last = id; g.measuring.Load() {
			g.messages.Add(1)
		}
	}
}

// cost returns the share of a core that vega takes, and its memory in bytes.
func (g *group) cost(ctx context.Context, d time.Duration) (cpu, memory float64, err error) {
	pause := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	pause(3 * time.Second) // for all to join
	before, err1 := g.v.cpu()
	g.measuring.Store(true)
	pause(d)
	g.measuring.Store(false)
	after, err2 := g.v.cpu()
	status, err3 := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.v.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &memory); err == nil {
			memory *= 1024
		}
	}
	return 100 * (after - before).Seconds() / d.Seconds(), memory, errors.Join(err1, err2, err3, ctx.Err())
}
