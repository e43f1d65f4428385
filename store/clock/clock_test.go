package clock_test

import (
	"testing"
	"time"

	"vega/store/clock"
)

const (
	hour = time.Hour
	day  = 24 * hour
	year = 365 * day
)

// machine has clocks that a test moves.
type machine struct {
	wall        time.Time
	awake, boot time.Duration
}

func (m *machine) read() clock.Reading {
	return clock.Reading{Wall: m.wall, Awake: m.awake, Boot: m.boot}
}

// pass lets time pass.
func (m *machine) pass(d time.Duration) {
	m.wall, m.awake, m.boot = m.wall.Add(d), m.awake+d, m.boot+d
}

// suspend lets time pass that only the wall clock and the time since boot know.
func (m *machine) suspend(d time.Duration) { m.wall, m.boot = m.wall.Add(d), m.boot+d }

// jump moves the wall clock.
func (m *machine) jump(d time.Duration) { m.wall = m.wall.Add(d) }

// restart stops vega for a time and continues from the state.
func (m *machine) restart(c *clock.Clock, stopped time.Duration) *clock.Clock {
	m.wall, m.awake = m.wall.Add(stopped), 0
	return clock.New(m.read, c.State())
}

// run observes the clocks every ten minutes.
func (m *machine) run(c *clock.Clock, d time.Duration) clock.Verdict {
	v := c.Verdict()
	for ; d > 0; d -= 10 * time.Minute {
		m.pass(min(d, 10*time.Minute))
		v = c.Observe()
	}
	return v
}

var began = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// expect fails unless a verdict goes by the time that has really passed since began.
func expect(t *testing.T, what string, v clock.Verdict, now time.Duration, trusted bool) {
	t.Helper()
	if got := v.Now.Sub(began); got != now || v.Trusted != trusted {
		t.Errorf("%s: %v and %v, want %v and %v (%+v)", what, got, v.Trusted, now, trusted, v)
	}
}

func TestAJumpIsNotTrustedForADay(t *testing.T) {
	for _, jump := range []time.Duration{2 * time.Minute, hour, day, 400 * day, 280 * year} {
		m := &machine{wall: began}
		c := clock.New(m.read, clock.State{})
		expect(t, "before", m.run(c, hour), hour, true)
		m.jump(jump)
		v := m.run(c, 10*time.Minute)
		expect(t, "after", v, 70*time.Minute, false)
		if !v.Changed || v.Moved != jump || v.Started || !v.Wall.Equal(m.wall) {
			t.Errorf("%+v", v)
		}
		expect(t, "later", m.run(c, day-10*time.Minute), 25*hour, false)
		v = m.run(c, 10*time.Minute)
		expect(t, "at last", v, jump+25*hour+10*time.Minute, true)
		if !v.Changed || v.Moved != 0 {
			t.Errorf("%+v", v)
		}
		if v = m.run(c, hour); v.Changed {
			t.Errorf("changed again: %+v", v)
		}
	}
}

func TestAClockThatIsSetBackDeletesNothing(t *testing.T) {
	for _, jump := range []time.Duration{hour, day, 400 * day} {
		m := &machine{wall: began}
		c := clock.New(m.read, clock.State{})
		m.jump(-jump)
		expect(t, "after", m.run(c, hour), hour-jump, false)
		m.jump(jump)
		expect(t, "back", m.run(c, hour), 2*hour, true)
		m.jump(-jump)
		expect(t, "after a day", m.run(c, day+hour), day+3*hour-jump, true)
	}
}

func TestAJumpIsForgottenOnceTheClockIsBack(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	m.jump(400 * day)
	expect(t, "ahead", m.run(c, 5*hour), 5*hour, false)
	m.jump(-hour)
	expect(t, "another jump", m.run(c, 20*hour), 25*hour, false)
	m.jump(-400*day + hour)
	v := m.run(c, 10*time.Minute)
	expect(t, "back", v, 25*hour+10*time.Minute, true)
	if !v.Changed {
		t.Errorf("%+v", v)
	}
}

func TestJumpsWithinADayAddUp(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	for n := range 10 {
		m.jump(hour)
		expect(t, "ahead", m.run(c, 10*time.Minute), time.Duration(n+1)*10*time.Minute, false)
	}
}

func TestSlewAndSuspensionAreNoJumps(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	for range 100 {
		m.jump(30 * time.Second)
		if v := m.run(c, 10*time.Minute); !v.Trusted || !v.Now.Equal(m.wall) {
			t.Fatalf("slewed: %+v", v)
		}
		m.suspend(3 * day)
		if v := m.run(c, 10*time.Minute); !v.Trusted || !v.Now.Equal(m.wall) {
			t.Fatalf("suspended: %+v", v)
		}
	}
}

func TestDoubtSurvivesARestart(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	m.run(c, hour)
	m.jump(400 * day)
	m.run(c, hour)
	for n := range 20 { // of a service that crashes each minute
		c = m.restart(c, time.Minute)
		expect(t, "restarted", m.run(c, 10*time.Minute), 2*hour+time.Duration(n+1)*11*time.Minute, false)
	}
	m.run(c, day)
	if v := m.run(m.restart(c, time.Minute), 10*time.Minute); !v.Trusted || !v.Now.Equal(m.wall) {
		t.Errorf("after a day: %+v", v)
	}
}

func TestAStartWithAnotherClock(t *testing.T) {
	for name, c := range map[string]struct {
		stopped time.Duration // what the wall clock says
		now     time.Duration // after ten minutes
		trusted bool
	}{
		"at once":         {0, hour + 10*time.Minute, true},
		"within an hour":  {hour, 2*hour + 10*time.Minute, true},
		"by hours":        {2 * hour, hour + 10*time.Minute, false},
		"by a day":        {day, hour + 10*time.Minute, false},
		"by 400 days":     {400 * day, hour + 10*time.Minute, false},
		"back by an hour": {-hour, 10 * time.Minute, false},
		"back to 1970":    {-56 * year, -56*year + hour + 10*time.Minute, false},
	} {
		m := &machine{wall: began}
		before := clock.New(m.read, clock.State{})
		m.run(before, hour)
		after := m.restart(before, c.stopped)
		v := m.run(after, 10*time.Minute)
		expect(t, name, v, c.now, c.trusted)
		if !c.trusted && !v.Unset && (v.Moved != c.stopped || !v.Started) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// A board without a battery starts in 1970 and gets the time a little later.
func TestABoardThatStartsIn1970(t *testing.T) {
	for _, off := range []time.Duration{20 * time.Second, 40 * time.Minute} {
		m := &machine{wall: began}
		c := clock.New(m.read, clock.State{})
		for range 3 {
			m.run(c, 6*hour)
			right := m.wall.Add(off)
			m.wall = time.Unix(0, 0)
			c = m.restart(c, 0)
			if v := c.Verdict(); v.Trusted || !v.Unset || v.Now.Year() != 1970 {
				t.Errorf("%+v", v)
			}
			if v := m.run(c, 10*time.Minute); v.Trusted || !v.Unset || v.Now.Year() != 1970 {
				t.Errorf("%+v", v)
			}
			m.wall = right.Add(10 * time.Minute)
			if v := m.run(c, 10*time.Minute); !v.Trusted || v.Unset || !v.Changed || !v.Now.Equal(m.wall) {
				t.Errorf("%+v, want %v", v, m.wall)
			}
		}
	}
}

// Nor does one that is off at night stay behind.
func TestABoardThatIsOffAtNight(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	for range 50 {
		m.run(c, 8*hour)
		right := m.wall.Add(16 * hour)
		m.wall = time.Unix(0, 0)
		c = m.restart(c, 0)
		m.wall = right
		if v := m.run(c, 10*time.Minute); m.wall.Sub(v.Now) > 2*day {
			t.Fatalf("%v behind", m.wall.Sub(v.Now))
		}
	}
}

// The first start of a board knows nothing, not even the time.
func TestAFirstStartWithoutATime(t *testing.T) {
	m := &machine{wall: time.Unix(0, 0)}
	c := clock.New(m.read, clock.State{})
	if v := m.run(c, hour); v.Trusted || c.State() != (clock.State{}) {
		t.Errorf("%+v %+v", v, c.State())
	}
	c = m.restart(c, 0)
	m.wall = began
	if v := m.run(c, 10*time.Minute); !v.Trusted || !v.Changed || !v.Now.Equal(m.wall) {
		t.Errorf("%+v", v)
	}
}

// A clock that is lost for a while says nothing of the jump before it.
func TestAJumpOverAnUnsetClock(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	m.jump(400 * day)
	m.run(c, hour)
	right := began.Add(2 * hour)
	m.wall = time.Unix(0, 0)
	m.run(c, hour)
	m.wall = right
	expect(t, "back", m.run(c, hour), 3*hour, true)
}

// vega that runs only in working hours must not stay behind for ever.
func TestShortSessionsAreTrustedInTheEnd(t *testing.T) {
	m := &machine{wall: began}
	c := clock.New(m.read, clock.State{})
	for range 50 {
		m.run(c, 8*hour)
		c = m.restart(c, 16*hour)
		if behind := m.wall.Sub(c.Verdict().Now); behind > 2*day {
			t.Fatalf("%v behind", behind)
		}
	}
}

// Only the time of the newest entry is known after an upgrade.
func TestAStateWithoutSteadiness(t *testing.T) {
	m := &machine{wall: began}
	for stopped, trusted := range map[time.Duration]bool{10 * time.Minute: true, 3 * hour: false, 400 * day: false, -400 * day: false} {
		newest := began.Add(-stopped)
		v := clock.New(m.read, clock.State{Now: newest, Wall: newest}).Verdict()
		if v.Trusted != trusted || v.Now.After(began) || v.Now.After(newest) && !trusted {
			t.Errorf("%v: %+v", stopped, v)
		}
	}
}

func TestReadAdvances(t *testing.T) {
	a := clock.Read()
	b := clock.Read()
	if b.Awake < a.Awake || b.Boot < a.Boot || a.Wall.IsZero() {
		t.Errorf("%+v %+v", a, b)
	}
}
