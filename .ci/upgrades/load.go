package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const apiKey = "a-key-of-the-upgrades-long-enough"

// clients is how many clients write at once.
const clients = 4

// load is clients that write conversations for as long as the kit runs, whether vega
// answers or not, and one that reads runs.
type load struct {
	port int
	stop context.CancelFunc
	all  sync.WaitGroup
	next atomic.Int64

	using  sync.RWMutex // held for reading during a request
	ledger *ledger      // nil: the clients wait

	mu    sync.Mutex
	took  []time.Duration // of acknowledged writes, since reset
	wrong map[string]int  // answers that are neither 201 nor 503
}

func startLoad(port int) *load {
	ctx, stop := context.WithCancel(context.Background())
	l := &load{port: port, stop: stop, wrong: map[string]int{}}
	for range clients {
		l.all.Go(func() { l.repeat(ctx, 5*time.Millisecond, l.write) })
	}
	l.all.Go(func() { l.repeat(ctx, 200*time.Millisecond, l.read) })
	return l
}

func (l *load) close() {
	l.stop()
	l.all.Wait()
}

// repeat calls do until ctx ends, with a pause.
func (l *load) repeat(ctx context.Context, pause time.Duration, do func(*ledger) error) {
	for ctx.Err() == nil {
		l.using.RLock()
		if l.ledger != nil {
			if err := do(l.ledger); err != nil { // nobody answers
				pause = max(pause, 20*time.Millisecond)
			}
		}
		l.using.RUnlock()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// use directs the clients to a site, or lets them wait if it is nil. It returns when no
// request to the one before is in flight.
func (l *load) use(s *site) {
	l.using.Lock()
	defer l.using.Unlock()
	if l.ledger = nil; s != nil {
		l.ledger = s.ledger
	}
}

func (l *load) write(to *ledger) error {
	session := fmt.Sprintf("load-%08d", l.next.Add(1))
	body := fmt.Sprintf(`{"session_id":%q,"source":"load","prompt":%q,"response":"r"}`, session, strings.Repeat("p", 400))
	began := time.Now()
	status, text, err := ask(l.port, http.MethodPost, "/v1/conversations", body)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		to.add(session)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch status {
	case http.StatusCreated:
		l.took = append(l.took, took)
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage:
	default:
		l.wrong[fmt.Sprintf("%d %.160s", status, text)]++
	}
	return nil
}

// read notes the last run that vega shows. What it has shown must not be lost.
func (l *load) read(to *ledger) error {
	status, text, err := ask(l.port, http.MethodGet, "/admin/integrations/tick-0/runs?limit=1", "")
	if err != nil || status != http.StatusOK {
		return err
	}
	var page struct{ Runs []struct{ ID int64 } }
	if err := json.Unmarshal(text, &page); err != nil {
		return err
	}
	for _, r := range page.Runs {
		to.shown(r.ID)
	}
	return nil
}

// ask sends a request to vega. It is not bound to a context, so that each write is either
// acknowledged or not.
func ask(port int, method, path, body string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("X-API-Key", apiKey)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// latencies returns how long acknowledged writes took since the last call.
func (l *load) latencies() latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.took
	l.took = nil
	slices.Sort(all)
	n := len(all)
	if n == 0 {
		return latency{}
	}
	return latency{n, all[n/2], all[n*99/100], all[n-1]}
}

type latency struct {
	n             int
	p50, p99, max time.Duration
}

func (l latency) String() string {
	return fmt.Sprintf("%d writes, p50 %.1f ms, p99 %.1f ms, max %.0f ms", l.n, ms(l.p50), ms(l.p99), ms(l.max))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
