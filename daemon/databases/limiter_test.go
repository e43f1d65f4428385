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

// TestThirdPartyPluginsCannotHoldAllConnections keeps the rows of third-party
// integrations open. Bundled checks still get results, and a third-party check that
// waits until its deadline fails with a shortage.
func TestThirdPartyPluginsCannotHoldAllConnections(t *testing.T) {
	t.Parallel()
	for driver, dsn := range map[string]func(testing.TB) string{
		"postgres": func(t testing.TB) string { return realtest.Postgres(t) }, "mysql": realtest.MariaDB, "sqlite": emptySQLite,
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(dsn(t))})
			thirdParty := d.Granted(grant.Set{Rules: []grant.Rule{{Kind: manifest.SQL, Name: "app"}}}, true)
			query := func(ctx context.Context) (plugins.Rows, error) {
				return thirdParty.Query(ctx, "app", "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")
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
			if shortage.Of(err) == nil || !strings.Contains(err.Error(), `other checks use all 3 connections that third-party plugins may open to database "app"`) {
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

// uncounted begins a wait that nothing counts.
func uncounted() func() { return func() {} }

// TestWaitForALeaseIsAShortage covers a wait that leaves the query too little
// time, and a run that is canceled while it waits.
func TestWaitForALeaseIsAShortage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newLimiter("app")
		var held []*lease
		for range maxConnections {
			h, err := p.acquire(t.Context(), false, uncounted)
			if err != nil || h.delayed() != nil {
				t.Fatal(err, h.delayed())
			}
			held = append(held, h)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		h, err := p.acquire(ctx, false, uncounted)
		if shortage.Of(err) == nil || h.waited != 2*time.Second || !strings.Contains(err.Error(), `other checks use all 4 connections that vega may open to database "app": use longer intervals`) {
			t.Errorf("%v after %v", err, h.waited)
		}
		if _, err = p.acquire(ctx, true, uncounted); shortage.Of(err) == nil || len(p.thirdParties) != 0 {
			t.Errorf("%v; third-party plugins keep %d", err, len(p.thirdParties))
		}
		canceled, cancelWait := context.WithCancel(t.Context())
		cancelWait()
		if _, err = p.acquire(canceled, true, uncounted); !errors.Is(err, context.Canceled) || shortage.Of(err) != nil {
			t.Errorf("%v", err)
		}
		for wait, late := range map[time.Duration]bool{100 * time.Millisecond: false, 300 * time.Millisecond: true} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			next := held[0]
			time.AfterFunc(wait, next.release)
			if held[0], err = p.acquire(ctx, false, uncounted); err != nil {
				t.Fatal(err)
			}
			if err := held[0].delayed(); (shortage.Of(err) != nil) != late {
				t.Errorf("after %v: %v", wait, err)
			}
		}
		for _, h := range held {
			h.release()
			h.release()
		}
		if len(p.all) != 0 {
			t.Errorf("%d leases are left", len(p.all))
		}
	})
}
