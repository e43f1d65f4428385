package advise

import "time"

// SetBudget sets the budgets, for slow machines and the race detector.
func (a *Advisor) SetBudget(d time.Duration) { a.budget, a.indexes = d, d }
