package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vega/daemon/config"
	"vega/store/clock"
	"vega/store/sqlite"
)

// oldRelease is the age of a release from which on the clock, and not the release,
// is likely to be wrong.
const oldRelease = 20 * 365 * 24 * time.Hour

// checkClock compares the clock with what is certain to be earlier: the first vega,
// the build of this one, and what vega stored.
func checkClock(ctx context.Context, h *host) []Finding {
	const todo = "set the clock, and start a time service, for example: timedatectl set-ntp true"
	now := h.Now.UTC()
	built, _ := time.Parse(time.RFC3339, h.Release.Date) // zero if it is unknown
	switch {
	case now.Before(clock.Earliest):
		return []Finding{failure("the clock says "+stamp(now)+", so it was never set: certificates look invalid, and vega deletes nothing until it is set", todo)}
	case now.Before(built.Add(-24 * time.Hour)):
		return []Finding{failure(fmt.Sprintf("the clock says %s, but this vega was built on %s", stamp(now), stamp(built)), todo)}
	case !built.IsZero() && now.Sub(built) > oldRelease:
		return []Finding{warning(fmt.Sprintf("the clock says %s, 20 years after this vega was built", stamp(now)), todo)}
	}
	if c := h.usable(); c != nil {
		if last, what := newest(ctx, c); last.Sub(now) > clock.Tolerance {
			return []Finding{warning(fmt.Sprintf("the clock says %s, but %s is from %s, %v later: the clock was set back, or was ahead before", stamp(now), what, stamp(last), last.Sub(now).Round(time.Second)), todo+"; vega deletes by the earlier time until the clock has kept steady for a day")}
		}
	}
	if unsynchronized() {
		if underSystemd() && !inContainer() {
			return []Finding{warning("the clock says "+stamp(now)+", and no time service keeps it right", "start one, for example: timedatectl set-ntp true; or install chrony")}
		}
		return []Finding{ok("%s; whether a time service keeps it right can't be seen from here", stamp(now))}
	}
	return []Finding{ok("%s", stamp(now))}
}

// newest returns the latest time that vega stored, or that a file of it was written,
// and what that is.
func newest(ctx context.Context, c *config.Config) (last time.Time, what string) {
	for _, path := range []string{storePath(c), storePath(c) + "-wal", filepath.Join(c.DataDir, "api_key")} {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(last) {
			last, what = info.ModTime(), path
		}
	}
	if run := newestRun(ctx, c); run.After(last) {
		last, what = run, "the last stored run"
	}
	return last, what
}

// newestRun returns when the last stored run began, or the zero time.
func newestRun(ctx context.Context, c *config.Config) time.Time {
	if info, err := os.Stat(c.Store.Path); err != nil || info.Size() == 0 {
		return time.Time{}
	}
	s, err := sqlite.OpenReadOnly(ctx, c.Store.Path)
	if err != nil {
		return time.Time{} // checkDatabase reports it
	}
	defer s.Close() // nothing was written
	rows, err := s.Query(ctx, "SELECT began FROM runs ORDER BY id DESC LIMIT 1")
	if err != nil {
		return time.Time{}
	}
	defer rows.Close()
	var began int64
	if !rows.Next() || rows.Scan(&began) != nil || rows.Err() != nil {
		return time.Time{}
	}
	return time.UnixMilli(began)
}
