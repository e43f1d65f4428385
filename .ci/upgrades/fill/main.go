// Command fill writes a database with the store of the source tree that it is built
// in. .ci/upgrades builds it in the tree of an older version, so it may use only what
// both versions have.
//
//	fill -runs 1000000 -conversations 100000 FILE
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
)

func main() {
	runs := flag.Int("runs", 1000, "number of runs of 200 integrations, in the last 20 days")
	conversations := flag.Int("conversations", 100, "number of conversations")
	flag.Parse()
	if err := fill(context.Background(), flag.Arg(0), *runs, *conversations); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

// fill writes everything that a database can have. It has a hundredth as many incidents,
// memories and keys of probes as conversations.
func fill(ctx context.Context, path string, runs, conversations int) (err error) {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now().Add(-20 * 24 * time.Hour)
	s.Judge(&journal{left: incidents(began, conversations/100)})
	for n := range runs {
		at := began.Add(time.Duration(n) * 20 * 24 * time.Hour / time.Duration(runs))
		if err := s.AppendRun(ctx, run(r, n, at)); err != nil {
			return err
		}
	}
	for n := range conversations {
		if _, err := s.LogConversation(ctx, conversation(r, n, began)); err != nil {
			return err
		}
	}
	for n := range conversations / 100 {
		if err := s.SetMemory(ctx, fmt.Sprintf("fill-%06d", n), strings.Repeat("remember ", 1+r.IntN(40))); err != nil {
			return err
		}
		if err := s.Set(ctx, fmt.Sprintf("service-%03d", n%200), fmt.Sprintf("key-%d", n/200), []byte(fmt.Sprint("value ", n)), 1<<20); err != nil {
			return err
		}
	}
	return errors.Join(s.FlushRuns(ctx), s.FlushAlerts(ctx))
}

func run(r *rand.Rand, n int, at time.Time) *check.Run {
	took := time.Duration(5_000_000 + r.IntN(40_000_000))
	ms := float64(took.Microseconds()) / 1000
	status, cause, message := check.Status("healthy"), check.Cause(""), fmt.Sprintf("200 OK in %.0f ms", ms)
	if n%50 == 0 {
		status, cause, message = "unhealthy", "target", "connection refused"
	}
	return &check.Run{
		Integration: fmt.Sprintf("service-%03d", n%200), Probe: "core.http", Digest: strings.Repeat("a", 64),
		Status: status, Cause: cause, Message: message,
		Details: map[string]string{"status": "200", "url": "https://service.example.com/health"},
		Metrics: []check.Metric{{Name: "time_total", Unit: "ms", Value: ms}, {Name: "time_connect", Unit: "ms", Value: ms / 4}},
		Began:   at, Took: took, CorrelationID: fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()),
	}
}

func conversation(r *rand.Rand, n int, began time.Time) store.Conversation {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 30)
	cut := 300 + r.IntN(400)
	return store.Conversation{
		SessionID: fmt.Sprintf("fill-%05d", r.IntN(5000)), At: began.Add(time.Duration(n) * time.Second),
		Source: "fill", Model: "llama3.2", Prompt: text[:cut/2], Response: text[:cut],
	}
}

// incidents returns incidents that have ended, with their timelines.
func incidents(began time.Time, n int) incident.Changes {
	var c incident.Changes
	for i := range n {
		id, at := int64(i+1), began.Add(time.Duration(i)*time.Minute)
		c.Incidents = append(c.Incidents, incident.Incident{
			ID: id, Key: fmt.Sprint("fill/", id), Summary: "connection refused", Alerts: []string{"unhealthy"},
			Subject: incident.Subject{Kind: incident.OfIntegration, Name: fmt.Sprintf("service-%03d", i%200)},
			Opened:  at, Ended: at.Add(time.Minute),
		})
		c.Events = append(c.Events,
			incident.Event{Incident: id, At: at, Kind: "opened", Text: "connection refused"},
			incident.Event{Incident: id, At: at.Add(time.Minute), Kind: "recovered", Text: "200 OK"})
	}
	return c
}

// journal is a store.Journal that has changes to store once.
type journal struct{ left incident.Changes }

func (j *journal) Step(*check.Run)            {}
func (j *journal) Pending() bool              { return !j.left.Empty() }
func (j *journal) Changes() *incident.Changes { return &j.left }
func (j *journal) Restart()                   {}

func (j *journal) Stored(ok bool) {
	if ok {
		j.left = incident.Changes{}
	}
}
