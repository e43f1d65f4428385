package verify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// name is what all that is made here is called by, with something random
// behind it.
const name = "vega-verify"

// undoTime is how long taking away may take, once everything else is over.
const undoTime = 10 * time.Second

// session is one verification.
type session struct {
	Options
	tag      string // what is made in it is called by
	id       string // of correlation, of the check under way
	outcomes map[string]Outcome
	undo     []func(context.Context) error
	looked   bool  // whether it is known if the daemon is here
	away     error // why it is not
}

func newSession(o Options) *session {
	return &session{Options: o, tag: name + "-" + random(), outcomes: map[string]Outcome{}}
}

func random() string {
	var b [6]byte
	rand.Read(b[:]) // never fails: it ends the process instead
	return hex.EncodeToString(b[:])
}

func (s *session) begin(check string) { s.id = s.tag + "." + check }

// failed reports whether an earlier check failed.
func (s *session) failed(check string) bool { return s.outcomes[check] == Fail }

// hide takes the key out of what may be shown.
func (s *session) hide(text string) string {
	if s.Client.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, s.Client.Key, "(secret)")
}

// later notes how to take away what is made next. It is noted first: a request
// whose answer is lost may have been granted all the same.
func (s *session) later(undo func(context.Context) error) { s.undo = append(s.undo, undo) }

// clear takes away what was made, the last first, even when ctx has ended.
func (s *session) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var errs []error
	for _, undo := range slices.Backward(s.undo) {
		errs = append(errs, undo(ctx))
	}
	s.undo = nil
	return errors.Join(errs...)
}

// public asks without a key.
func (s *session) public(ctx context.Context, method, path string) (answer, error) {
	return s.Client.send(ctx, request{method: method, path: path, id: s.id})
}

func (s *session) get(ctx context.Context, path string) (answer, error) {
	return s.getAs(ctx, path, s.id)
}

func (s *session) getAs(ctx context.Context, path, id string) (answer, error) {
	return s.Client.send(ctx, request{method: http.MethodGet, path: path, id: id, key: s.Client.Key})
}

// read asks for a path and reads the answer, which has to be a success.
func (s *session) read(ctx context.Context, path string, into any) error {
	a, err := s.get(ctx, path)
	if err != nil {
		return err
	}
	if err := a.is(http.StatusOK); err != nil {
		return err
	}
	return a.decode(into)
}

// change sends a request that changes something. It is not cut off when ctx
// ends, for then nobody would know whether it came about.
func (s *session) change(ctx context.Context, method, path string, body any) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	r := request{method: method, path: path, id: s.id, key: s.Client.Key}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, fmt.Errorf("make the body of %s %s: %w", method, path, err)
		}
		r.body = string(b)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTime)
	defer cancel()
	return s.Client.send(ctx, r)
}

// remove deletes, as part of taking away: that there is nothing is as good.
func (s *session) remove(ctx context.Context, path string) error {
	a, err := s.change(ctx, http.MethodDelete, path, nil)
	if err == nil && a.status != http.StatusNoContent && a.status != http.StatusNotFound {
		err = a.is(http.StatusNoContent)
	}
	if err != nil {
		return fmt.Errorf("take %s away: %w", path, err)
	}
	return nil
}

// wait pauses, and reports that ctx has ended.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
