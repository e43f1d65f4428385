package advise

import "time"

// SetBudget is for machines that are slower than the budgets are meant for,
// and under the race detector all are.
func (a *Advisor) SetBudget(d time.Duration) { a.budget, a.indexes = d, d }
