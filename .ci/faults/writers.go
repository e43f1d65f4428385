package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// limit is how long a request may take before it counts as hung.
const limit = 15 * time.Second

// kind is a kind of row that clients write.
type kind int

const (
	conversation kind = iota
	memory
)

// last is the number of the row that is written when all others are.
const last = 1<<20 - 1

// keyOf returns the key of the nth memory, and the session of the nth conversation.
// They sort like their numbers.
func keyOf(n int) string { return fmt.Sprintf("row-%07d", n) }

// row is a row that vega has acknowledged.
type row struct {
	kind kind
	key  string
	at   time.Time // of the acknowledgment
}

// writers are clients that write conversations and memories without a break.
type writers struct {
	v     *vega
	every time.Duration

	mu      sync.Mutex
	rows    []row
	answers map[string]int // by status, or why it is missing
	wrong   map[string]int // answers that no client should get
	last    map[kind]int   // status of the last answer; 0: none
	slowest time.Duration
}

func newWriters(v *vega, every time.Duration) *writers {
	return &writers{v: v, every: every, answers: map[string]int{}, wrong: map[string]int{}, last: map[kind]int{}}
}

// reading is what clients read once a second, so that what is damaged is met.
var reading = []string{"/v1/conversations?limit=200", "/v1/memories?limit=200", "/admin/integrations/web-0/runs?limit=200"}

// run writes and reads until ctx ends, and returns when the last request is answered.
func (w *writers) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() {
		for ctx.Err() == nil {
			for _, path := range reading {
				w.read(path)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	for _, k := range []kind{conversation, memory} {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w.write(k, keyOf(n))
				select {
				case <-ctx.Done():
				case <-time.After(w.every):
				}
			}
		})
	}
	all.Wait()
}

// write writes one row. Its request is not bound to the end of the writers, so that
// each row is either acknowledged or not.
func (w *writers) write(k kind, key string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	method, path, body := http.MethodPut, "/v1/memories/"+key, fmt.Sprintf(`{"value":%q}`, "value of "+key)
	if k == conversation {
		method, path = http.MethodPost, "/v1/conversations"
		body = fmt.Sprintf(`{"session_id":%q,"source":"kit","prompt":%q,"response":"r"}`, key, strings.Repeat("p", 200))
	}
	began := time.Now()
	a, err := w.v.ask(ctx, method, path, strings.NewReader(body))
	took := time.Since(began)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slowest = max(w.slowest, took)
	w.last[k] = 0
	if err != nil {
		w.refused(err)
		return false
	}
	w.last[k] = a.status
	w.answers[fmt.Sprint(a.status)]++
	if a.status/100 == 2 {
		w.rows = append(w.rows, row{k, key, time.Now()})
		return true
	}
	if why := judge(a); why != "" {
		w.wrong[why]++
	}
	return false
}

// read reads something.
func (w *writers) read(path string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	a, err := w.v.ask(ctx, http.MethodGet, path, nil)
	if err != nil || a.status == http.StatusOK {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if why := judge(a); why != "" {
		w.wrong["reading "+why]++
	}
}

func (w *writers) refused(err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		w.answers["hung"]++
		w.wrong[fmt.Sprintf("no answer within %v", limit)]++
		return
	}
	w.answers["none"]++
}

// judge returns what is wrong with the answer to a write that was not stored, or "".
func judge(a answer) string {
	status, text := a.status, a.body
	if status != http.StatusServiceUnavailable && status != http.StatusInsufficientStorage {
		return fmt.Sprintf("%d %s", status, text[:min(len(text), 160)])
	}
	var missing []string
	if t, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); t != "application/problem+json" {
		missing = append(missing, "not problem+json")
	}
	if a.header.Get("Retry-After") == "" {
		missing = append(missing, "no Retry-After")
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%d: %s", status, strings.Join(missing, ", "))
}

// stored reports whether the last write of each kind was acknowledged.
func (w *writers) stored() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[conversation]/100 == 2 && w.last[memory]/100 == 2
}

// acknowledged returns a copy of the rows.
func (w *writers) acknowledged() []row {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.rows)
}

// summary returns the answers by status, such as "201×40 503×7".
func (w *writers) summary() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return counts(w.answers)
}

// counts returns what was counted, sorted.
func counts(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s×%d", name, of[name]))
	}
	return strings.Join(parts, " ")
}

// forget forgets the answers so far, but not the rows.
func (w *writers) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.answers)
	clear(w.wrong)
}
