package abi

// String is the status in the word an operator reads.
func (s Status) String() string {
	switch s {
	case Healthy:
		return "healthy"
	case Degraded:
		return "degraded"
	case Unhealthy:
		return "unhealthy"
	case Unknown:
		return "unknown"
	default:
		return "invalid"
	}
}
