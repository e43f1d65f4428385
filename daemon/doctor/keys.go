package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"vega/daemon/api"
	"vega/daemon/config/diag"
)

// checkKeys reports keys that are missing, weak or refused.
func checkKeys(_ context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	found := append(h.diagnosed(diag.ShortKey, diag.ClearKey), keptKeys(h, c, time.Now())...)
	if errors.Is(h.answers.refused, ErrRefused) {
		found = append(found, warning("the daemon on "+h.answers.base+" does not accept the key that this configuration names", "use the environment and the file that the daemon was started with (-c), or restart it if the key was changed"))
	}
	if len(c.Server.Keys) > 0 {
		all := 0
		for _, k := range c.Server.Keys {
			if len(k.Scopes) == 0 {
				all++
			}
		}
		return orOK(found, ok("%d in the configuration, %d of them for everything", len(c.Server.Keys), all))
	}
	path := filepath.Join(c.DataDir, "api_key")
	_, err := api.ReadKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.running():
		found = append(found, warning(path+" is gone while vega runs; the next start creates another key", "restart vega, and give its clients the new key"))
	case errors.Is(err, fs.ErrNotExist):
		return orOK(found, ok("none yet; vega serve creates one in %s", path))
	case errors.Is(err, fs.ErrPermission):
		found = append(found, unknown(path+" is not for this user", h.asRoot()))
	case err != nil:
		found = append(found, failure(err.Error(), "run: rm "+quoted(path)+", and restart vega"))
	}
	return orOK(found, ok("one for everything, in %s", path))
}
