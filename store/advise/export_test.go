package advise

import "time"

// SetBudget is for machines that are slower than the budget is meant for.
func (a *Advisor) SetBudget(d time.Duration) { a.budget = d }
