package limit

import (
	"context"
	"net/http"
	"testing"
)

// TestStreamsGiveWay checks that open streams take no place of a request, that their
// client can connect again, and that WaitQuiet does not wait for them.
func TestStreamsGiveWay(t *testing.T) {
	h := open(t, Limits{Connections: 4, PerClient: 3, Spare: 0})
	var streams []*caller
	for range 3 {
		streams = append(streams, h.dial().ask("/stream", withKey))
		<-h.asked
	}
	h.waitIdle(3)
	for range 5 {
		if !h.dial().alive() {
			t.Fatal("open streams keep their client out")
		}
	}
	if status := streams[0].status(); status != 0 {
		t.Errorf("the oldest stream was not closed: %d", status)
	}
	if err := h.limiter.WaitQuiet(t.Context()); err != nil {
		t.Error(err)
	}
	close(h.release)
	for _, s := range streams[1:] { // they gave way, or end now, and are counted once
		_ = s.Close()
	}
	h.until(func() bool {
		h.limiter.mu.Lock()
		defer h.limiter.mu.Unlock()
		return len(h.limiter.requests) == 0 && h.limiter.anonymous == 0
	})
	Yield(context.Background()) // not accepted by a limiter
}

// TestStreamAfterARequest checks a connection that has a stream between two requests.
func TestStreamAfterARequest(t *testing.T) {
	h := open(t, Limits{Connections: 4, PerClient: 3, Spare: 0})
	c := h.dial()
	if !c.alive() {
		t.Fatal("no answer")
	}
	c.ask("/stream", withKey)
	<-h.asked
	close(h.release)
	if status := c.status(); status != http.StatusOK {
		t.Fatalf("stream: %d", status)
	}
	if !c.alive() {
		t.Error("no answer after the stream")
	}
	h.waitIdle(1)
}
