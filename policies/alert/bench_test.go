package alert_test

import (
	"fmt"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// BenchmarkHealthyRun measures a run of an integration with nothing wrong, under some
// number of alerts.
func BenchmarkHealthyRun(b *testing.B) {
	for _, alerts := range []int{0, 1, 100} {
		b.Run(fmt.Sprint(alerts), func(b *testing.B) {
			m := machineWith(alerts, 200)
			r := &check.Run{Integration: "i-0100", Status: good, Began: start}
			b.ReportAllocs()
			for b.Loop() {
				r.Began = r.Began.Add(time.Second)
				m.Run(r)
			}
		})
	}
}

func machineWith(alerts, integrations int) *alert.Machine {
	var all []alert.Integration
	for i := range integrations {
		all = append(all, alert.Integration{Name: fmt.Sprintf("i-%04d", i)})
	}
	c := config(all...)
	c.Alerts = nil
	for i := range alerts {
		a := health()
		a.Name = fmt.Sprint("a", i)
		c.Alerts = append(c.Alerts, a)
	}
	return alert.New(c, incident.State{}, start)
}

// BenchmarkOpening measures an incident from the first bad run to the last good one,
// with its messages.
func BenchmarkOpening(b *testing.B) {
	m := machineWith(1, 1)
	now := start
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range []check.Status{bad, bad, bad, good, good} {
			now = now.Add(2 * time.Hour)
			m.Run(&check.Run{Integration: "i-0000", Status: s, Began: now, Message: "no answer"})
			due, _ := m.Next(now.Add(time.Minute))
			for i := range due {
				m.Done(now, &due[i], incident.Outcome{Result: incident.Arrived})
			}
			m.Take()
		}
	}
}

func TestHealthyRunsAllocateNothing(t *testing.T) {
	m := machineWith(100, 1)
	r := &check.Run{Integration: "i-0000", Status: good, Began: start}
	if n := testing.AllocsPerRun(1000, func() { r.Began = r.Began.Add(time.Minute); m.Run(r) }); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
	if m.Pending() {
		t.Error("there is something to store")
	}
}

// BenchmarkStorm measures a run when everything fails and recovers at once, with all
// messages.
func BenchmarkStorm(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		for _, declared := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/declared=%v", n, declared), func(b *testing.B) {
				all := []alert.Integration{{Name: "root"}}
				for i := range n {
					c := alert.Integration{Name: fmt.Sprintf("i-%05d", i)}
					if declared {
						c.DependsOn = []string{"root"}
					}
					all = append(all, c)
				}
				c := config(all...)
				m, now, runs := alert.New(c, incident.State{}, start), start, 0
				for b.Loop() {
					for _, s := range []check.Status{bad, bad, bad, bad, good, good, good} {
						for i := range c.Integrations {
							now = now.Add(time.Minute / time.Duration(n))
							m.Run(&check.Run{Integration: c.Integrations[i].Name, Status: s, Began: now, Message: "no answer"})
							due, _ := m.Next(now)
							for i := range due {
								m.Done(now, &due[i], incident.Outcome{Result: incident.Arrived})
							}
							m.Wanted()
							runs++
						}
						m.Take()
					}
					now = now.Add(3 * time.Hour)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(runs), "ns/run")
			})
		}
	}
}
