package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestFirstRunComesSoonAndSpread starts integrations with long and short intervals.
func TestFirstRunComesSoonAndSpread(t *testing.T) {
	for _, c := range []struct {
		count    int
		interval time.Duration
		within   time.Duration // of the start
		most     int           // starts in a second
	}{
		{3, 6 * time.Hour, 2 * time.Second, 2},
		{60, 6 * time.Hour, 30 * time.Second, 3},
		{600, 6 * time.Hour, 30 * time.Second, 21},
		{600, time.Hour, 30 * time.Second, 21},
		{600, 10 * time.Second, 10 * time.Second, 61},
		{2, time.Second, time.Second, 2},
	} {
		t.Run(fmt.Sprintf("%d every %v", c.count, c.interval), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var all []*Binding
				for n := range c.count {
					all = append(all, newBinding(fmt.Sprintf("i%04d", n), c.interval))
				}
				began := time.Now()
				e, r := start(t, all...)
				runFor(t, e, c.within+time.Millisecond)
				perSecond := map[time.Duration]int{}
				for _, b := range all {
					if at := r.at[b.Name]; len(at) == 0 {
						t.Fatalf("%s has not run after %v", b.Name, c.within)
					}
					perSecond[r.at[b.Name][0].Sub(began).Truncate(time.Second)]++
				}
				for second, n := range perSecond {
					if n > c.most {
						t.Errorf("%d start within a second after %v, want at most %d", n, second, c.most)
					}
				}
			})
		})
	}
}

// TestChangedIntegrationRunsSoon changes one of several integrations and adds one.
// The others keep their phase and do not run again.
func TestChangedIntegrationRunsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []*Binding
		for n := range 20 {
			all = append(all, newBinding(fmt.Sprintf("i%02d", n), time.Hour))
		}
		e, r := start(t, all...)
		go runFor(t, e, 3*time.Hour)
		time.Sleep(time.Hour) // each has had its first run, and its regular one
		synctest.Wait()
		before := map[string]int{}
		for name, at := range r.at {
			before[name] = len(at)
		}
		phases := map[string]phase{}
		for _, i := range e.now.integrations {
			phases[i.name] = i.phase
		}
		changed := *all[7]
		changed.Timeout++
		added := newBinding("new", time.Hour)
		added.Module = changed.Module
		next := append(slices.Clone(all), added)
		next[7] = &changed
		at := time.Now()
		e.Bind(next)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		var ran []string
		for name, times := range r.at {
			if len(times) > before[name] && !times[len(times)-1].Before(at) {
				ran = append(ran, name)
			}
		}
		slices.Sort(ran)
		soon := slices.DeleteFunc(ran, func(name string) bool { // whose regular turn it was
			p := phases[name]
			into := time.Duration(at.UnixNano()) % time.Hour
			return name != "i07" && name != "new" && (p.offset-into+time.Hour)%time.Hour <= 2*time.Second
		})
		if got := strings.Join(soon, " "); got != "i07 new" {
			t.Errorf("after the change ran: %s", got)
		}
		for _, i := range e.now.integrations {
			if p, known := phases[i.name]; known && p != i.phase {
				t.Errorf("%s moved from %v to %v", i.name, p, i.phase)
			}
		}
	})
}
