package policies

// Level is the standing of a resource: memory, a disk, a pool of connections.
type Level string

// The levels. LevelUnknown is of a figure that can't be had; nobody is warned
// of what nobody knows.
const (
	LevelHealthy Level = "healthy"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelUnknown Level = "unknown"
)

// WorstLevel is that of the whole: error before warning before healthy. What is
// unknown counts as neither.
func WorstLevel(all ...Level) Level {
	worst := LevelHealthy
	for _, l := range all {
		if l == LevelError || l == LevelWarning && worst == LevelHealthy {
			worst = l
		}
	}
	return worst
}
