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

// name, followed by a random part, is the name of everything that a verification
// creates.
const name = "vega-verify"

// cleanupTimeout limits the cleanup after a check.
const cleanupTimeout = 10 * time.Second

// session is one verification.
type session struct {
	Options
	tag        string // the name of everything it creates
	id         string // correlation ID of the current check
	outcomes   map[string]Outcome
	cleanups   []func(context.Context) error
	localKnown bool  // whether localErr is set
	localErr   error // why the data of the daemon is not on this machine
}

func newSession(o Options) *session {
	return &session{Options: o, tag: name + "-" + random(), outcomes: map[string]Outcome{}}
}

func random() string {
	var b [6]byte
	rand.Read(b[:]) // never returns an error
	return hex.EncodeToString(b[:])
}

func (s *session) begin(check string) { s.id = s.tag + "." + check }

// failed reports whether an earlier check failed.
func (s *session) failed(check string) bool { return s.outcomes[check] == Fail }

// hide replaces the API key in a string.
func (s *session) hide(text string) string {
	if s.Client.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, s.Client.Key, "(secret)")
}

// cleanup registers how to remove what the check is about to create. It is called
// before the request, which may succeed even if its answer is lost.
func (s *session) cleanup(undo func(context.Context) error) { s.cleanups = append(s.cleanups, undo) }

// runCleanups removes what was created, in reverse order, even if ctx has ended.
func (s *session) runCleanups(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	var errs []error
	for _, undo := range slices.Backward(s.cleanups) {
		errs = append(errs, undo(ctx))
	}
	s.cleanups = nil
	return errors.Join(errs...)
}

// public sends a request without a key.
func (s *session) public(ctx context.Context, method, path string) (answer, error) {
	return s.Client.send(ctx, request{method: method, path: path, id: s.id})
}

func (s *session) get(ctx context.Context, path string) (answer, error) {
	return s.getAs(ctx, path, s.id)
}

func (s *session) getAs(ctx context.Context, path, id string) (answer, error) {
	return s.Client.send(ctx, request{method: http.MethodGet, path: path, id: id, key: s.Client.Key})
}

// read gets a path and decodes the answer. Any status except 200 is a failure.
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

// change sends a request that changes something. It is not canceled when ctx
// ends, because its outcome would then be unknown.
func (s *session) change(ctx context.Context, method, path string, body any) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	r := request{method: method, path: path, id: s.id, key: s.Client.Key}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		r.body = string(b)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTimeout)
	defer cancel()
	return s.Client.send(ctx, r)
}

// remove deletes a path as part of a cleanup. A path that does not exist is fine.
func (s *session) remove(ctx context.Context, path string) error {
	a, err := s.change(ctx, http.MethodDelete, path, nil)
	if err == nil && a.status != http.StatusNoContent && a.status != http.StatusNotFound {
		err = a.is(http.StatusNoContent)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

// wait pauses for d. It returns early with an error if ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
