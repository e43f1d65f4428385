package databases

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// TestStrangersHoldNotAllConnections has integrations of a stranger's plugin keep
// rows open. Bundled checks are answered all the while, and a stranger that waits
// in vain is told that vega is short of connections.
func TestStrangersHoldNotAllConnections(t *testing.T) {
	t.Parallel()
	for driver, dsn := range map[string]func(testing.TB) string{
		"postgres": func(t testing.TB) string { return realtest.Postgres(t) }, "mysql": realtest.MariaDB, "sqlite": emptySQLite,
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(dsn(t))})
			stranger := d.Granted(grant.Set{Rules: []grant.Rule{{Kind: manifest.SQL, Name: "app"}}}, true)
			query := func(ctx context.Context) (plugins.Rows, error) {
				return stranger.Query(ctx, "app", "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")
			}
			var held []plugins.Rows
			for range maxConnections - 1 {
				rows, err := query(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				held = append(held, rows)
			}
			for range 3 {
				ask{"SELECT 1", "1", ""}.check(t, d, "app")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := query(ctx)
			if shortage.Of(err) == nil || !strings.Contains(err.Error(), `all 3 connections that plugins that don't ship with vega may have open to database "app" are in use by other checks`) {
				t.Errorf("one more: %v", err)
			}
			pool := d.Stats(t.Context()).Databases[0].Pools[0]
			if pool.WaitCount != 1 || pool.WaitMS <= 0 {
				t.Errorf("the wait is not counted: %+v", pool)
			}
			for _, rows := range held {
				if err := errors.Join(rows.Close(), rows.Err()); err != nil {
					t.Error(err)
				}
				rows, err = query(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				_ = rows.Close()
			}
		})
	}
}

// TestWaitingForAPlace: the wait is vega's shortage, also where it leaves the
// query too little time. A run that is withdrawn learns no more than that.
func TestWaitingForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces("app")
		var held []*taken
		for range maxConnections {
			h, err := p.take(t.Context(), false)
			if err != nil || h.late() != nil {
				t.Fatal(err, h.late())
			}
			held = append(held, h)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		h, err := p.take(ctx, false)
		if shortage.Of(err) == nil || h.waited != 2*time.Second || !strings.Contains(err.Error(), `all 4 connections that vega may have open to database "app" are in use by other checks: spread`) {
			t.Errorf("%v after %v", err, h.waited)
		}
		if _, err = p.take(ctx, true); shortage.Of(err) == nil || len(p.strangers) != 0 {
			t.Errorf("%v; strangers keep %d", err, len(p.strangers))
		}
		gone, withdraw := context.WithCancel(t.Context())
		withdraw()
		if _, err = p.take(gone, true); !errors.Is(err, context.Canceled) || shortage.Of(err) != nil {
			t.Errorf("%v", err)
		}
		for wait, late := range map[time.Duration]bool{100 * time.Millisecond: false, 300 * time.Millisecond: true} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			next := held[0]
			time.AfterFunc(wait, next.leave)
			if held[0], err = p.take(ctx, false); err != nil {
				t.Fatal(err)
			}
			if err := held[0].late(); (shortage.Of(err) != nil) != late {
				t.Errorf("after %v: %v", wait, err)
			}
		}
		for _, h := range held {
			h.leave()
			h.leave()
		}
		if len(p.all) != 0 {
			t.Errorf("%d places are left in use", len(p.all))
		}
	})
}
