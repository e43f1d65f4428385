//go:build race

package advise

import "time"

// budget is longer with the race detector, which makes a trial many times as slow.
const budget = 30 * time.Second
