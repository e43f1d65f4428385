package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"vega/store"
)

// The maximum lengths of bodies: the store's limits, with every character escaped.
const (
	maxConversation = 2*2*store.MaxText + 64<<10
	maxMemory       = 2*store.MaxText + 64<<10
	maxPatch        = 4 << 10
)

// assistant handles the routes of what an assistant stores.
type assistant struct{ *API }

// conversationPage is the answer of GET /v1/conversations.
type conversationPage struct {
	Conversations []store.Conversation `json:"conversations"`
	Next          string               `json:"next"`
}

func (a assistant) conversations(c *gin.Context) error {
	p := a.params(c)
	q := store.Query{
		Session:  p.text("session"),
		Source:   p.text("source"),
		Reviewed: p.boolean("reviewed"),
		Limit:    p.number("limit"),
		Cursor:   p.text("cursor"),
	}
	if err := p.done(); err != nil {
		return err
	}
	page, err := a.chats.HistoryPage(c.Request.Context(), q)
	return answer(c, conversationPage{page.Conversations, page.Next}, err)
}

func (a assistant) logConversation(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	var in conversationBody
	if err := decode(c, &in); err != nil {
		return err
	}
	ctx := c.Request.Context()
	id, err := a.chats.LogConversation(ctx, store.Conversation{
		SessionID: in.SessionID, Source: in.Source, Model: in.Model,
		Prompt: in.Prompt, Response: in.Response, Reviewed: in.Reviewed, At: in.At,
	})
	if err != nil {
		return err
	}
	kept, err := a.chats.Conversation(ctx, id)
	if err != nil {
		return err
	}
	c.Header("Location", a.link("/v1/conversations/"+strconv.FormatInt(id, 10)))
	c.JSON(http.StatusCreated, kept)
	return nil
}

func (a assistant) conversation(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "a conversation")
	if err != nil {
		return err
	}
	kept, err := a.chats.Conversation(c.Request.Context(), id)
	return answer(c, kept, err)
}

func (a assistant) reviewConversation(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "a conversation")
	if err != nil {
		return err
	}
	var in reviewBody
	if err := decode(c, &in); err != nil {
		return err
	}
	if in.Reviewed == nil {
		return &problem{http.StatusBadRequest, `send {"reviewed": true} or {"reviewed": false}`}
	}
	if err := a.chats.SetReviewed(c.Request.Context(), id, *in.Reviewed); err != nil {
		return err
	}
	return a.conversation(c)
}

func (a assistant) deleteConversation(c *gin.Context) error {
	id, err := a.params(c).pathID(c, "a conversation")
	if err != nil {
		return err
	}
	if err := a.chats.DeleteConversation(c.Request.Context(), id); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (a assistant) memories(c *gin.Context) error {
	p := a.params(c)
	after, limit := p.text("after"), p.number("limit")
	if err := p.done(); err != nil {
		return err
	}
	all, err := a.notes.Memories(c.Request.Context(), after, limit)
	return answer(c, memoriesAnswer{all}, err)
}

func (a assistant) memory(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	m, err := a.notes.Memory(c.Request.Context(), c.Param("key"))
	return answer(c, m, err)
}

func (a assistant) setMemory(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	var in memoryBody
	if err := decode(c, &in); err != nil {
		return err
	}
	if in.Value == nil {
		return &problem{http.StatusBadRequest, `send {"value": "…"}`}
	}
	if err := a.notes.SetMemory(c.Request.Context(), c.Param("key"), *in.Value); err != nil {
		return err
	}
	return a.memory(c)
}

func (a assistant) deleteMemory(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	if err := a.notes.DeleteMemory(c.Request.Context(), c.Param("key")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
