package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/keys"
)

// acceptedKeys gives the API the keys of the configuration, those in keys.json,
// and the one that vega creates for itself.
type acceptedKeys struct {
	api  *api.API
	log  *slog.Logger
	live *keys.Live

	mu         sync.Mutex
	configured []api.Key
	kept       []api.Key // those in keys.json
	ownFile    string    // of the key that vega created, "" if the configuration has keys
	doubled    []string  // names in both, which the log has named
}

func newAcceptedKeys(cfg *config.Config, a *api.API, log *slog.Logger) *acceptedKeys {
	return &acceptedKeys{api: a, log: log, live: keys.Follow(cfg.DataDir, log)}
}

// configure sets the keys of a configuration. Without any, vega's own key is
// accepted, so that its commands work. If that can't be read, nothing changes.
func (k *acceptedKeys) configure(cfg *config.Config) error {
	configured, own := []api.Key{}, ""
	for _, c := range cfg.Server.Keys {
		configured = append(configured, api.Key{Name: c.Name, Value: c.Value.Reveal(), Scopes: scopes(c.Scopes)})
	}
	if len(configured) == 0 {
		own = filepath.Join(cfg.DataDir, "api_key")
		value, _, err := api.OwnKey(own)
		if err != nil {
			return err
		}
		configured = append(configured, api.Key{Name: "own", Value: value})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.configured, k.ownFile = configured, own
	k.poll(time.Now())
	k.set()
	return nil
}

// own returns the file of the key that vega created, or "".
func (k *acceptedKeys) own() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ownFile
}

// secrets returns the values of the keys that clients may send, as far as they are known:
// of those in keys.json, only the digests are.
func (k *acceptedKeys) secrets() (all []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.configured {
		all = append(all, c.Value)
	}
	return all
}

// follow applies changes of keys.json until ctx ends.
func (k *acceptedKeys) follow(ctx context.Context) {
	ticker := time.NewTicker(keys.PollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			k.mu.Lock()
			if k.poll(time.Now()) {
				k.set()
			}
			k.mu.Unlock()
		}
	}
}

// poll reads keys.json if it changed, and reports whether other keys are accepted
// now.
func (k *acceptedKeys) poll(now time.Time) bool {
	accepted, changed := k.live.Poll(now)
	if changed {
		k.kept = nil
		for _, a := range accepted {
			k.kept = append(k.kept, api.Key{Name: a.Name, Digest: a.Digest, Scopes: scopes(a.Scopes), Expires: a.Expires})
		}
	}
	return changed
}

// set gives the API all keys. A name in both places is logged once: both keys are
// accepted, and the access log can't tell them apart.
func (k *acceptedKeys) set() {
	k.api.SetKeys(slices.Concat(k.kept, k.configured))
	var doubled []string
	for _, c := range k.configured {
		if slices.ContainsFunc(k.kept, func(o api.Key) bool { return o.Name == c.Name }) {
			doubled = append(doubled, c.Name)
		}
	}
	if len(doubled) > 0 && !slices.Equal(doubled, k.doubled) {
		k.log.Warn("the configuration and keys.json have keys of the same name; both are accepted, and the access log can't tell them apart: rename one", "keys", strings.Join(doubled, ", "))
	}
	k.doubled = doubled
}

func scopes(names []string) (all []api.Scope) {
	for _, name := range names {
		all = append(all, api.Scope(name))
	}
	return all
}
