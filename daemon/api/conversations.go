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
	id, err := a.conversationID(c)
	if err != nil {
		return err
	}
	kept, err := a.chats.Conversation(c.Request.Context(), id)
	return answer(c, kept, err)
}

func (a assistant) reviewConversation(c *gin.Context) error {
	id, err := a.conversationID(c)
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
	id, err := a.conversationID(c)
	if err != nil {
		return err
	}
	if err := a.chats.DeleteConversation(c.Request.Context(), id); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (a assistant) conversationID(c *gin.Context) (int64, error) {
	if err := a.params(c).done(); err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != c.Param("id") { // +1 and 01 are no IDs
		return 0, &problem{http.StatusNotFound, "a conversation ID must be a positive number"}
	}
	return id, nil
}
