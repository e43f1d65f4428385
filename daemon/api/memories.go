package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

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
