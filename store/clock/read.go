package clock

import "time"

// start is what Awake counts from.
var start = time.Now()

// Read reads the clocks of this machine.
func Read() Reading {
	now := time.Now()
	return Reading{Wall: now, Awake: now.Sub(start), Boot: boot()}
}
