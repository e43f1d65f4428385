package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// abandoned is the age after which an object named by a verification counts as
// left over from one that was killed.
const abandoned = time.Hour

type conversation struct {
	ID        int64     `json:"id"`
	SessionID string    `json:"session_id"`
	At        time.Time `json:"ts"`
	Source    string    `json:"source"`
	Prompt    string    `json:"prompt"`
	Reviewed  bool      `json:"reviewed"`
}

func (c *conversation) path() string { return "/v1/conversations/" + strconv.FormatInt(c.ID, 10) }

// conversations sends the requests of the history check.
type conversations struct{ session *session }

// history checks that conversations are stored, paged through, marked and removed.
func history(ctx context.Context, session *session) (string, error) {
	s := conversations{session}
	if err := s.sweep(ctx); err != nil {
		return "", err
	}
	s.session.cleanup(func(ctx context.Context) error { return s.removeAll(ctx, url.Values{"session": {s.session.tag}}, 0) })
	var logged []conversation
	for n := range 3 {
		c, err := s.log(ctx, fmt.Sprintf("%s %d: ünïcødé 🙂 ' \" %%\n", name, n))
		if err != nil {
			return "", err
		}
		logged = append(logged, c)
	}
	slices.Reverse(logged) // newest first
	if err := s.checkPages(ctx, logged); err != nil {
		return "", err
	}
	if err := s.checkReviewed(ctx, logged[1]); err != nil {
		return "", err
	}
	if err := s.checkRemoved(ctx, logged); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d conversations were logged, paged through, marked and removed", len(logged)), nil
}

func (s conversations) log(ctx context.Context, prompt string) (c conversation, err error) {
	a, err := s.session.change(ctx, http.MethodPost, "/v1/conversations", map[string]string{"session_id": s.session.tag, "source": name, "prompt": prompt, "response": "none"})
	if err != nil {
		return c, err
	}
	if err := a.is(http.StatusCreated); err != nil {
		return c, err
	}
	if err := a.decode(&c); err != nil {
		return c, err
	}
	if c.Prompt != prompt || c.ID < 1 {
		return c, &failure{expected: "the conversation as it was logged", seen: clip(string(a.body))}
	}
	return c, nil
}

// checkPages reads the conversations in pages of two, with and without a
// filter.
func (s conversations) checkPages(ctx context.Context, want []conversation) error {
	for _, filter := range []string{"", "&reviewed=false"} {
		var got []conversation
		for cursor, pages := "", 0; pages == 0 || cursor != "" && pages <= len(want); pages++ {
			var page struct {
				Conversations []conversation `json:"conversations"`
				Next          string         `json:"next"`
			}
			path := "/v1/conversations?limit=2&session=" + s.session.tag + filter
			if cursor != "" {
				path += "&cursor=" + url.QueryEscape(cursor)
			}
			if err := s.session.read(ctx, path, &page); err != nil {
				return err
			}
			got, cursor = append(got, page.Conversations...), page.Next
		}
		if !slices.EqualFunc(got, want, func(a, b conversation) bool { return a.ID == b.ID && a.Prompt == b.Prompt }) {
			return &failure{expected: "pages of two to give the conversations " + ids(want), seen: ids(got)}
		}
	}
	return nil
}

func ids(all []conversation) string {
	var out []string
	for _, c := range all {
		out = append(out, strconv.FormatInt(c.ID, 10))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func (s conversations) checkReviewed(ctx context.Context, c conversation) error {
	a, err := s.session.change(ctx, http.MethodPatch, c.path(), map[string]bool{"reviewed": true})
	if err != nil {
		return err
	}
	if err := a.is(http.StatusOK); err != nil {
		return err
	}
	var page struct {
		Conversations []conversation `json:"conversations"`
	}
	if err := s.session.read(ctx, "/v1/conversations?reviewed=true&session="+s.session.tag, &page); err != nil {
		return err
	}
	if len(page.Conversations) != 1 || page.Conversations[0].ID != c.ID {
		return &failure{expected: fmt.Sprintf("conversation %d to be the one that is reviewed", c.ID), seen: ids(page.Conversations)}
	}
	return nil
}

func (s conversations) checkRemoved(ctx context.Context, all []conversation) error {
	for _, c := range all {
		a, err := s.session.change(ctx, http.MethodDelete, c.path(), nil)
		if err != nil {
			return err
		}
		if err := a.is(http.StatusNoContent); err != nil {
			return err
		}
		if a, err = s.session.get(ctx, c.path()); err != nil {
			return err
		}
		if err := a.is(http.StatusNotFound); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes what a killed verification left behind.
func (s conversations) sweep(ctx context.Context) error {
	return s.removeAll(ctx, url.Values{"source": {name}}, abandoned)
}

// removeAll removes the conversations that a query finds and that are at least
// age old.
func (s conversations) removeAll(ctx context.Context, q url.Values, age time.Duration) error {
	q.Set("limit", "100")
	var page struct {
		Conversations []conversation `json:"conversations"`
	}
	if err := s.session.read(ctx, "/v1/conversations?"+q.Encode(), &page); err != nil {
		return fmt.Errorf("list conversations to remove: %w", err)
	}
	for _, c := range page.Conversations {
		if c.Source != name || age > 0 && time.Since(c.At).Abs() < age {
			continue
		}
		if err := s.session.remove(ctx, c.path()); err != nil {
			return err
		}
	}
	return nil
}
