package doctor

import (
	"context"
	"fmt"
	"path/filepath"

	"vega/daemon"
)

// checkMemory compares the limits on memory with what vega needs.
func checkMemory(ctx context.Context, h *host) []Finding {
	if s := h.answers.system; s != nil && s.Places != nil { // the limits of the daemon, which may differ from those of this command
		if s.Places.NotStarted > 0 {
			return []Finding{warning(fmt.Sprintf("%d checks did not start, because only %d can run concurrently: %s", s.Places.NotStarted, s.Places.Size, s.Places.Limit), "give vega more memory, or check less often")}
		}
		return []Finding{ok("%d checks can run concurrently, and none had to wait in vain", s.Places.Size)}
	}
	compiled := false
	if c := h.usable(); c != nil {
		all, _ := filepath.Glob(filepath.Join(escape(c.DataDir), "cache", "*"))
		compiled = len(all) > 0
	}
	summary, short := daemon.FitMemory(ctx)
	if short != nil && !compiled {
		return []Finding{warning(short.Error(), "give it more memory, or start it once with more, so that data_dir/cache has the compiled code")}
	}
	return []Finding{ok("%s", summary)}
}
