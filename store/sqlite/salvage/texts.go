package salvage

import (
	"context"
	"time"

	"vega/store"
)

const (
	sameConversation = `SELECT id FROM conversations WHERE session_id = ? AND ts = ? AND source = ? AND model = ? AND prompt = ? AND response = ? LIMIT 1`

	// The newer value of a memory wins, and the older time of its creation.
	putMemory = ` ON CONFLICT DO UPDATE SET value = excluded.value, updated = excluded.updated, created = min(created, excluded.created) WHERE excluded.updated > updated`
	// Values of probes have no time.
	replaceValue = ` ON CONFLICT DO UPDATE SET value = excluded.value WHERE excluded.value <> value`
)

// putConversation adds a conversation unless it is there. It keeps its number,
// by which clients know it, unless another one has it: conversations are sorted
// by time.
func (s *sink) putConversation(ctx context.Context, r *row) (outcome, error) {
	c := store.Conversation{
		SessionID: r.text("session_id"), Source: r.text("source"), Model: r.text("model"),
		Prompt: r.text("prompt"), Response: r.text("response"), At: time.UnixMicro(r.integer("ts")),
	}
	if err := c.Validate(); err != nil || r.integer("id") <= 0 {
		return refused, err
	}
	n := s.ids["conversations"]
	if n.empty {
		return s.insertNumbered(ctx, r)
	}
	var id int64
	same, err := s.find(ctx, &id, sameConversation, c.SessionID, c.At.UnixMicro(), c.Source, c.Model, c.Prompt, c.Response)
	if err != nil || same {
		return known, err
	}
	o, err := s.insertNumbered(ctx, r)
	if err != nil || o != known {
		return o, err
	}
	r.set("id", n.highest+1)
	return s.insertNumbered(ctx, r)
}

// putMemory adds a memory, or replaces an older one.
func (s *sink) putMemory(ctx context.Context, r *row) (outcome, error) {
	created, updated := time.UnixMicro(r.integer("created")), time.UnixMicro(r.integer("updated"))
	if err := store.ValidateMemory(r.text("key"), r.text("value")); err != nil || !saneTime(created) || !saneTime(updated) {
		return refused, err
	}
	return s.insert(ctx, r.of.insert()+putMemory, r.values)
}

// putValue adds a value of a probe. If there is one, the newer database's stays.
func (s *sink) putValue(ctx context.Context, r *row) (outcome, error) {
	key, _ := r.get("key").([]byte)
	if r.text("integration") == "" || len(key) == 0 || len(key) > store.MaxKey {
		return refused, nil
	}
	conflict := ` ON CONFLICT DO NOTHING`
	if s.newer {
		conflict = replaceValue
	}
	return s.insert(ctx, r.of.insert()+conflict, r.values)
}
