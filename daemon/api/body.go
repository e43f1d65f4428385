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

// decode reads one JSON value from the body. An unknown field is an error, so that
// a misspelled name does not silently lose its value.
func decode(c *gin.Context, into any) error {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "application/json" {
		return &problem{http.StatusUnsupportedMediaType, "send JSON with Content-Type: application/json"}
	}
	d := json.NewDecoder(c.Request.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("unexpected data after the JSON value")
		}
	}
	over, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLong:
		return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body exceeds the limit of %d bytes", over.Limit)}
	case err != nil:
		return &problem{http.StatusBadRequest, "invalid body: " + err.Error()}
	default:
		return nil
	}
}
