package schema

import "strings"

// levelNames are Go's levels and those of Python's logging.
var levelNames = []string{"debug", "info", "warn", "error", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// Level returns the slog level of one of levelNames.
func Level(name string) int {
	switch strings.ToLower(name) {
	case "debug":
		return -4
	case "warn", "warning":
		return 4
	case "error", "critical":
		return 8
	default:
		return 0
	}
}
