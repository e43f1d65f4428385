package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"
)

// decode reads the request's body, one JSON value, strictly: what it does not
// know is an error, so that a name mistyped is no value lost.
func decode(c *gin.Context, into any) error {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		return &problem{http.StatusUnsupportedMediaType, "send JSON, with Content-Type: application/json"}
	}
	d := json.NewDecoder(c.Request.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the object")
		}
	}
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over the limit of %d bytes", over.Limit)}
	case err != nil:
		return &problem{http.StatusBadRequest, "the body can't be read: " + err.Error()}
	default:
		return nil
	}
}
