package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/daemon/keys"
)

// keyEnds is how long before its end a key is reported.
const keyEnds = 7 * 24 * time.Hour

// keptKeys reports what is wrong with the keys in keys.json.
func keptKeys(h *host, c *config.Config, now time.Time) (found []Finding) {
	set, err := keys.Read(c.DataDir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return []Finding{unknown(filepath.Join(c.DataDir, keys.File)+" is not for this user", h.asRoot())}
	case err != nil:
		return []Finding{failure(err.Error(), "until then, vega accepts the keys that it read last, and none of them after a start")}
	}
	var expired, ending, foreign, doubled []string
	for _, k := range set.Keys {
		switch {
		case k.Foreign():
			foreign = append(foreign, k.Name)
		case k.Expired(now):
			expired = append(expired, k.Name)
		case k.Expired(now.Add(keyEnds)):
			ending = append(ending, k.Name)
		}
		if slices.ContainsFunc(c.Server.Keys, func(o config.Key) bool { return o.Name == k.Name }) {
			doubled = append(doubled, k.Name)
		}
	}
	for _, f := range []struct {
		names      []string
		what, todo string
	}{
		{foreign, "settings that this version does not know, so these keys are not accepted: %s", "use the version that wrote them, or revoke and add them"},
		{expired, "expired: %s", "run vega key rotate NAME if clients still use it, and vega key revoke NAME if not"},
		{ending, "expire within a week: %s", "run vega key rotate NAME, and give the new key to its clients"},
		{doubled, "both in vega.hcl and in keys.json, so the access log can't tell them apart: %s", "rename one of the two"},
	} {
		if len(f.names) > 0 {
			found = append(found, warning(fmt.Sprintf(f.what, strings.Join(f.names[:min(len(f.names), 10)], ", ")), f.todo))
		}
	}
	return found
}
