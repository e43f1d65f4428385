//go:build !race

package advise

import "time"

// budget limits the time for the advice on one statement. Advice is based on
// what was found by then.
const budget = time.Second
