package console

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"vega/daemon/replay"
	"vega/policies/incident"
)

// A number of attempts is about what is being sent: what arrived has none.
func TestAttemptsOfADelivery(t *testing.T) {
	var b strings.Builder
	w := details{bufio.NewWriter(&b)}
	w.deliveries([]incident.Delivery{
		{Notifier: "chat", Notified: true, Kind: incident.Opening, Sent: time.Unix(0, 0)},
		{Notifier: "hook", Kind: incident.Opening, Attempts: 2, Error: "refused", Next: time.Unix(1, 0)},
	}, true)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var fields [][]string
	for line := range strings.Lines(b.String()) {
		fields = append(fields, strings.Fields(line))
	}
	if got := fields[2][len(fields[2])-2]; got != "-" {
		t.Errorf("attempts for what arrived: %s", got)
	}
	if got := fields[3][len(fields[3])-2]; got != "2" {
		t.Errorf("attempts: %s", got)
	}
}

// An opening waits before it is sent, so an incident without deliveries may get some.
func TestNobodyIsNotifiedYet(t *testing.T) {
	for open, want := range map[bool]string{true: "\nnobody has been notified yet\n", false: "\nnobody was notified\n"} {
		var b strings.Builder
		w := details{bufio.NewWriter(&b)}
		w.deliveries(nil, open)
		if err := w.Flush(); err != nil || b.String() != want {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
}

func TestWhatAReplayLeavesOut(t *testing.T) {
	var b strings.Builder
	if err := writeConclusion(&b, replay.Report{NotReplayed: 1}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "\nnot replayed: 1 incident of vega's own events\n") {
		t.Errorf("%q", got)
	}
}
