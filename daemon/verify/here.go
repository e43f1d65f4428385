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

// here is nil where the daemon's data is on this machine, and else says why it
// is not. An address can't tell: a tunnel ends at this machine too. So
// something is given to the daemon, and looked for in the file.
func (s *session) here(ctx context.Context) error {
	if !s.looked {
		s.away = s.lookHere(ctx)
		s.looked = ctx.Err() == nil
	}
	return s.away
}

func (s *session) lookHere(ctx context.Context) error {
	if _, err := os.Stat(s.Local.Store); err != nil {
		return fmt.Errorf("the store of this configuration can't be seen from here: %w", err)
	}
	key, value := s.tag+"-here", random()
	path := "/v1/memories/" + key
	s.later(func(ctx context.Context) error { return s.remove(ctx, path) })
	a, err := s.change(ctx, http.MethodPut, path, map[string]string{"value": value})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("the memory that would show it is not taken: %s", a)
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
