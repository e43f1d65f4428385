package policies

// Level grades a resource, such as memory, a disk or a connection pool.
type Level string

// The levels. LevelUnknown means that the figure can't be read. It does not raise a
// warning.
const (
	LevelHealthy Level = "healthy"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelUnknown Level = "unknown"
)

// WorstLevel returns the worst of the given levels: error, then warning, then
// healthy. Unknown levels are ignored.
func WorstLevel(all ...Level) Level {
	worst := LevelHealthy
	for _, l := range all {
		if l == LevelError || l == LevelWarning && worst == LevelHealthy {
			worst = l
		}
	}
	return worst
}
