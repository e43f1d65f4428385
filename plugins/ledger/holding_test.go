package ledger_test

import (
	"errors"
	"testing"

	"vega/plugins/ledger"
)

// A Holding counts on its holder what it holds, and releases exactly that.
func TestHoldingCountsOnItsHolder(t *testing.T) {
	account := ledger.New(1000).Open(600, true)
	h := ledger.NewHolding(&account)
	if err := errors.Join(h.Grow(100), h.Grow(300)); err != nil || h.Bytes() != 400 || account.Held() != 400 {
		t.Fatalf("%d bytes are held, %d counted, %v", h.Bytes(), account.Held(), err)
	}
	if err := h.Grow(300); !errors.Is(err, ledger.ErrRun) || h.Bytes() != 400 {
		t.Errorf("%d bytes are held, %v", h.Bytes(), err)
	}
	if h.Shrink(150); h.Bytes() != 250 || account.Held() != 250 {
		t.Errorf("%d bytes are held, %d counted", h.Bytes(), account.Held())
	}
	for range 2 {
		if h.Release(); h.Bytes() != 0 || account.Held() != 0 {
			t.Errorf("%d bytes are held, %d counted", h.Bytes(), account.Held())
		}
	}
}
