package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"vega/daemon/api"
	"vega/daemon/config/diag"
	"vega/daemon/keys"
)

// checkKeys reports keys that are missing, weak or refused.
func checkKeys(_ context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	found := append(h.diagnosed(diag.ShortKey, diag.ClearKey), oddKeys(c)...)
	if errors.Is(h.answers.refused, ErrRefused) {
		found = append(found, warning("the daemon on "+h.answers.base+" does not accept the key that this configuration names", "use the environment and the file that the daemon was started with (-c), or restart it if the key was changed"))
	}
	managed, more := managedKeys(c.DataDir, h)
	found = append(found, more...)
	if len(c.Server.Keys) > 0 {
		all := 0
		for _, k := range c.Server.Keys {
			if len(k.Scopes) == 0 {
				all++
			}
		}
		return orOK(found, ok("%d in the configuration, %d of them for everything%s", len(c.Server.Keys), all, managed))
	}
	path := filepath.Join(c.DataDir, "api_key")
	_, err := api.ReadKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.answers.reached: // one that starts has none yet
		found = append(found, warning(path+" is gone while vega runs; the next start creates another key", "restart vega, and give its clients the new key"))
	case errors.Is(err, fs.ErrNotExist):
		return orOK(found, ok("none yet; vega serve creates one in %s%s", path, managed))
	case errors.Is(err, fs.ErrPermission):
		found = append(found, unknown(path+" is not for this user", h.asRoot()))
	case err != nil:
		found = append(found, failure(err.Error(), "run: rm "+quoted(path)+", and restart vega"))
	}
	return orOK(found, ok("one for everything, in %s%s", path, managed))
}

// soonExpired is how long before its end a key should be rotated.
const soonExpired = 7 * 24 * time.Hour

// managedKeys judges keys.json, and describes it.
func managedKeys(dir string, h *host) (text string, found []Finding) {
	set, err := keys.Read(dir)
	if errors.Is(err, fs.ErrPermission) {
		return "", []Finding{unknown(filepath.Join(dir, keys.File)+" is not for this user", h.asRoot())}
	}
	if err != nil {
		return "", []Finding{failure(err.Error(), "until then, the daemon accepts none of its keys, or those from before")}
	}
	if len(set.Keys) == 0 {
		return "", nil
	}
	over := 0
	for _, k := range set.Keys {
		switch {
		case k.Expired(h.Now):
			over++
		case !k.Expires.IsZero() && k.Expires.Sub(h.Now) < soonExpired:
			found = append(found, warning(fmt.Sprintf("the key %q expires on %s", k.Name, stamp(k.Expires)), "run: vega key rotate "+k.Name))
		}
	}
	text = fmt.Sprintf("; %d in %s", len(set.Keys), keys.File)
	if over > 0 {
		text += fmt.Sprintf(", %d of them expired", over)
	}
	return text, found
}
