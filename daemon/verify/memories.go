package verify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type memory struct {
	Key     string    `json:"key"`
	Value   string    `json:"value"`
	Created time.Time `json:"created_at"`
}

func (m memory) path() string { return "/v1/memories/" + m.Key }

// memories checks that a memory is stored, found, replaced and deleted.
func memories(ctx context.Context, s *session) (string, error) {
	if err := s.sweepMemories(ctx); err != nil {
		return "", err
	}
	m := memory{Key: s.tag}
	s.cleanup(func(ctx context.Context) error { return s.remove(ctx, m.path()) })
	for _, m.Value = range []string{"ünïcødé 🙂 ' \" %\n", "another"} {
		if err := s.checkKept(ctx, m); err != nil {
			return "", err
		}
	}
	a, err := s.change(ctx, http.MethodDelete, m.path(), nil)
	if err != nil {
		return "", err
	}
	if err := a.is(http.StatusNoContent); err != nil {
		return "", err
	}
	if a, err = s.get(ctx, m.path()); err != nil {
		return "", err
	}
	return "a memory was stored, found, replaced and deleted", a.is(http.StatusNotFound)
}

// checkKept stores a memory, and looks it up by its key and in the list.
func (s *session) checkKept(ctx context.Context, m memory) error {
	a, err := s.change(ctx, http.MethodPut, m.path(), map[string]string{"value": m.Value})
	if err != nil {
		return err
	}
	if err := a.is(http.StatusOK); err != nil {
		return err
	}
	var got memory
	if err := s.read(ctx, m.path(), &got); err != nil {
		return err
	}
	if got.Key != m.Key || got.Value != m.Value {
		return &failure{expected: fmt.Sprintf("the memory %s to be %q", m.Key, m.Value), seen: fmt.Sprintf("%q", clip(got.Value))}
	}
	all, err := s.listMemories(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(o memory) bool { return o.Key == m.Key && o.Value == m.Value }) {
		return &failure{expected: "the memory " + m.Key + " in the list", seen: fmt.Sprintf("%d others", len(all))}
	}
	return nil
}

// listMemories returns the memories of all verifications.
func (s *session) listMemories(ctx context.Context) ([]memory, error) {
	var page struct {
		Memories []memory `json:"memories"`
	}
	err := s.read(ctx, "/v1/memories?limit=500&after="+name, &page)
	return slices.DeleteFunc(page.Memories, func(m memory) bool { return !strings.HasPrefix(m.Key, name+"-") }), err
}

// sweepMemories removes what a killed verification left behind.
func (s *session) sweepMemories(ctx context.Context) error {
	all, err := s.listMemories(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if time.Since(m.Created).Abs() < abandoned {
			continue
		}
		if err := s.remove(ctx, m.path()); err != nil {
			return err
		}
	}
	return nil
}
