package diagnostics

// gaps maps the paths of unavailable figures to the reasons.
type gaps map[string]string

// note records why a figure is unavailable.
func (g gaps) note(field string, err error) { g[field] = err.Error() }

// orNil returns the value, or nil after noting the error.
func orNil[T any](g gaps, field string, v T, err error) *T {
	if err != nil {
		g.note(field, err)
		return nil
	}
	return &v
}

// percent returns part as a percentage of whole. It limits the result to the range
// from 0 to 100, since counters that are read sequentially may disagree slightly. A
// whole of 0 counts as fully used.
func percent(part, whole float64) float64 {
	if whole <= 0 {
		return 100
	}
	return min(100, max(0, 100*part/whole))
}
