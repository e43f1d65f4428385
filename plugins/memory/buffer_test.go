package memory

import (
	"bytes"
	"errors"
	"testing"

	"vega/plugins/ledger"
)

// A buffer returns what was written to it, whether it is small or lies in pages,
// and counts about as much as it is long.
func TestBufferKeepsWhatIsWritten(t *testing.T) {
	for _, size := range []int{1, minBuffer, smallBuffer - 1, smallBuffer, smallBuffer + 1, 3 * bufferStep, 3 << 20} {
		account := ledger.New(64<<20).Open(64<<20, true)
		b := NewBuffer(&account, 4<<20)
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1000)
			if _, err := b.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%d bytes: other contents", size)
		}
		if held := b.Held(); held < size || held > 2*size+bufferStep || int64(held) != account.Held() {
			t.Errorf("%d bytes: %d are held, %d counted", size, held, account.Held())
		}
		b.Free()
		if len(b.Bytes()) != 0 || account.Held() != 0 {
			t.Errorf("%d bytes: %d are left, %d counted", size, len(b.Bytes()), account.Held())
		}
	}
}

func TestBufferHasALimit(t *testing.T) {
	account := ledger.New(64<<20).Open(64<<20, true)
	b := NewBuffer(&account, 100_000)
	defer b.Free()
	if _, err := b.Write(make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	if room, err := b.Room(1); err != nil || len(room) != 1 {
		t.Fatalf("%d bytes of room for the end of the body, %v", len(room), err)
	}
	b.Commit(1)
	if _, err := b.Room(1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

// If the account refuses, the buffer keeps what it has.
func TestBufferStopsWhereItsAccountDoes(t *testing.T) {
	account := ledger.New(64<<20).Open(200_000, true)
	b := NewBuffer(&account, 4<<20)
	n, err := b.Write(make([]byte, 1<<20))
	if !errors.Is(err, ledger.ErrRun) || n == 0 || n != len(b.Bytes()) {
		t.Errorf("%d bytes written, %d kept, %v", n, len(b.Bytes()), err)
	}
	b.Free()
	if account.Held() != 0 {
		t.Errorf("%d bytes stay counted", account.Held())
	}
}
