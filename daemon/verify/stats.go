package verify

import (
	"context"
	"time"
)

// stats is the part of /admin/database/stats that is checked.
type stats struct {
	database
	Databases []database `json:"databases"`
}

type database struct {
	Name        string    `json:"name"`
	Unavailable string    `json:"unavailable"`
	Since       time.Time `json:"since"`
	SlowMS      float64   `json:"slow_threshold_ms"`
	Queries     struct {
		Total int64 `json:"total"`
	} `json:"queries"`
	Slow       []query     `json:"slow_queries"`
	Recent     []query     `json:"recent_queries"`
	Statements []statement `json:"statements"`
	File       *struct {
		Path    string  `json:"path"`
		Indexes []index `json:"indexes"`
	} `json:"database"`
}

type query struct {
	Statement     string  `json:"statement"`
	Function      string  `json:"function"`
	DurationMS    float64 `json:"duration_ms"`
	CorrelationID string  `json:"correlation_id"`
	Plan          string  `json:"plan"`
}

type statement struct {
	Statement string `json:"statement"`
	Function  string `json:"function"`
	Total     int64  `json:"total"`
}

type index struct {
	Name    string   `json:"name"`
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

func (s *session) stats(ctx context.Context) (stats, error) {
	var out stats
	err := s.read(ctx, "/admin/database/stats", &out)
	return out, err
}

// findQuery returns the longest query that a request caused, or nil. A request may cause
// several, such as a pragma before a statement that waits.
func findQuery(all []query, id string) (longest *query) {
	for n := range all {
		if q := &all[n]; q.CorrelationID == id && (longest == nil || q.DurationMS > longest.DurationMS) {
			longest = q
		}
	}
	return longest
}

// total returns how often a function of the store has sent its statement.
func (s *stats) total(function string) (total int64) {
	for _, t := range s.Statements {
		if t.Function == function {
			total += t.Total
		}
	}
	return total
}
