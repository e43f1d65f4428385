package diagnostics

// gaps are the figures that could not be had, each with the reason.
type gaps map[string]string

// note keeps the reason that a figure could not be had.
func (g gaps) note(field string, err error) { g[field] = err.Error() }

// had is a value that could be had, or nil and a note of why not.
func had[T any](g gaps, field string, v T, err error) *T {
	if err != nil {
		g.note(field, err)
		return nil
	}
	return &v
}

// percent is part of whole, within 0 and 100: counters that are read one after
// the other may disagree a little. Of nothing, all is used.
func percent(part, whole float64) float64 {
	if whole <= 0 {
		return 100
	}
	return min(100, max(0, 100*part/whole))
}
