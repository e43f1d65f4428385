package api

import "github.com/gin-gonic/gin"

func (a *API) system(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	s, err := a.machine.System(c.Request.Context())
	return answer(c, s, err)
}

func (a *API) systemSummary(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	s, err := a.machine.SystemSummary(c.Request.Context())
	return answer(c, s, err)
}
