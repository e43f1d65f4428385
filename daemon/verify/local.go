package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"vega/store"
	"vega/store/sqlite"
)

// localData returns nil if the daemon's data is on this machine, and otherwise an
// error with the reason. The address proves nothing, since it may belong to a
// tunnel, so localData stores a value through the daemon and looks it up in the
// file.
func (s *session) localData(ctx context.Context) error {
	if !s.localKnown {
		s.localErr = s.findLocalData(ctx)
		s.localKnown = ctx.Err() == nil
	}
	return s.localErr
}

func (s *session) findLocalData(ctx context.Context) error {
	if _, err := os.Stat(s.Local.Store); err != nil {
		return fmt.Errorf("the store of this configuration is not accessible from here: %w", err)
	}
	key, value := s.tag+"-here", random()
	path := "/v1/memories/" + key
	s.cleanup(func(ctx context.Context) error { return s.remove(ctx, path) })
	a, err := s.change(ctx, http.MethodPut, path, map[string]string{"value": value})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("the daemon did not store a test value: %s", a)
	}
	db, err := sqlite.OpenReadOnly(ctx, s.Local.Store)
	if err != nil {
		return err
	}
	m, err := db.Memory(ctx, key)
	err = errors.Join(err, db.Close())
	if errors.Is(err, store.ErrNotFound) || err == nil && m.Value != value {
		return fmt.Errorf("%s is not the file that the daemon at %s writes to", s.Local.Store, s.Client.URL)
	}
	return err
}
