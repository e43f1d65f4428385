package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// reader is a writer that can be made to hang or to fail.
type reader struct {
	bytes.Buffer
	hangs chan struct{} // a write waits until it is closed; nil: never
	err   error
}

// Write waits, fails, or writes.
func (r *reader) Write(b []byte) (int, error) {
	if r.hangs != nil {
		<-r.hangs
	}
	if r.err != nil {
		return 0, r.err
	}
	return r.Buffer.Write(b)
}

// TestLinesOfStoppedReader checks that a reader that has stopped holds nothing up,
// that what fits is kept for it, and that a line counts what is missing.
func TestLinesOfStoppedReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{hangs: make(chan struct{})}
		var l *Lines
		lost := 0
		l = NewLines(r, func(n int) {
			lost += n
			fmt.Fprintf(l, "lost %d\n", n)
		})
		line := strings.Repeat("x", 1023) + "\n"
		fmt.Fprint(l, line)
		synctest.Wait() // it hangs with the first line
		for range 3000 {
			fmt.Fprint(l, line)
		}
		close(r.hangs)
		synctest.Wait()
		if kept := strings.Count(r.String(), line); kept != 1+1024 || lost != 3000-1024 || !strings.HasSuffix(r.String(), fmt.Sprintf("lost %d\n", lost)) {
			t.Errorf("%d kept, %d lost", kept, lost)
		}
		l.Close(t.Context())
	})
}

// TestLinesOfFailingDisk checks that lines that can't be written are counted, and
// later ones are written.
func TestLinesOfFailingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{err: errors.New("no space")}
		lost := 0
		l := NewLines(r, func(n int) { lost += n })
		for range 3 {
			fmt.Fprintln(l, "x")
		}
		synctest.Wait()
		r.err = nil
		fmt.Fprintln(l, "y")
		synctest.Wait()
		if r.String() != "y\n" || lost != 3 {
			t.Errorf("%q, %d lost", r.String(), lost)
		}
		l.Close(t.Context())
	})
}

// TestLinesAreWrittenAtClose checks that Close writes what is pending, and does not
// wait for a reader that has stopped.
func TestLinesAreWrittenAtClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{hangs: make(chan struct{})}
		l := NewLines(r, nil)
		fmt.Fprintln(l, "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		l.Close(ctx)
		if ctx.Err() == nil || r.Len() > 0 {
			t.Error("it did not wait")
		}
		close(r.hangs)
		l.Close(t.Context())
		if fmt.Fprintln(l, "late"); r.String() != "x\n" {
			t.Errorf("%q", r.String())
		}
	})
}

// slowReader hands each text to the test, and lets it go on before it looks at it.
type slowReader struct {
	writing, goOn chan struct{}
	text          string
}

// Write waits until the test has written more.
func (r *slowReader) Write(b []byte) (int, error) {
	r.writing <- struct{}{}
	<-r.goOn
	r.text += string(b)
	return len(b), nil
}

// TestLinesStayAsTheyWere writes lines while earlier ones are being written, after times in
// which there was nothing to write.
func TestLinesStayAsTheyWere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slowReader{writing: make(chan struct{}), goOn: make(chan struct{})}
		l := NewLines(r, nil)
		want := ""
		for n := range 5 {
			first, second := fmt.Sprintf("first %d\n", n), fmt.Sprintf("other %d\n", n)
			want += first + second
			fmt.Fprint(l, first)
			<-r.writing
			fmt.Fprint(l, second) // while first is being written
			r.goOn <- struct{}{}
			<-r.writing
			r.goOn <- struct{}{}
			synctest.Wait() // nothing is left
		}
		l.Close(t.Context())
		if r.text != want {
			t.Errorf("%q, want %q", r.text, want)
		}
	})
}
