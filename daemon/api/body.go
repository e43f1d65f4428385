package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// decode reads the body, a JSON object, into a struct. A field that is unknown,
// given twice or not of its type is an error, so that nothing is lost silently.
func decode(c *gin.Context, into any) error {
	if err := acceptBody(c); err != nil {
		return err
	}
	err := decodeObject(json.NewDecoder(withoutMark(c.Request.Body)), fieldsOf(into))
	if over, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body exceeds the limit of %d bytes", over.Limit)}
	}
	if late(err) {
		return errLate
	}
	if err != nil {
		return &problem{http.StatusBadRequest, "invalid body: " + err.Error()}
	}
	return nil
}

// errLate answers a client whose body does not arrive.
var errLate = &problem{http.StatusRequestTimeout, fmt.Sprintf("the body did not arrive within %v; send as many bytes as Content-Length says", bodyTime)}

// late reports whether reading the body failed at its deadline.
func late(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// acceptBody rejects bodies in another format, charset or encoding.
func acceptBody(c *gin.Context) error {
	kind, more, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || kind != "application/json" {
		return &problem{http.StatusUnsupportedMediaType, "send JSON with Content-Type: application/json"}
	}
	if charset, ok := more["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return &problem{http.StatusUnsupportedMediaType, fmt.Sprintf("the charset is %q; send JSON in UTF-8", charset)}
	}
	if coding := c.GetHeader("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		c.Header("Accept-Encoding", "identity")
		return &problem{http.StatusUnsupportedMediaType, fmt.Sprintf("the Content-Encoding is %q; send the body without one", coding)}
	}
	return nil
}

// withoutMark returns a reader of the body without the byte order mark that it may
// begin with (RFC 8259 §8.1).
func withoutMark(body io.Reader) io.Reader {
	const mark = "\xef\xbb\xbf"
	b := bufio.NewReader(body)
	if begin, _ := b.Peek(len(mark)); string(begin) == mark { // the next read returns an error
		_, _ = b.Discard(len(mark))
	}
	return b
}

// fieldsOf returns pointers to the fields of the struct that p points to, by their
// JSON names.
func fieldsOf(p any) map[string]any {
	fields := map[string]any{}
	v := reflect.ValueOf(p).Elem()
	for f := range v.Type().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = v.FieldByIndex(f.Index).Addr().Interface()
	}
	return fields
}

// decodeObject decodes a JSON object whose fields go into the pointers.
func decodeObject(d *json.Decoder, fields map[string]any) error {
	begin, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty; send a JSON object")
	case err == nil && begin != json.Delim('{'):
		return errors.New("it is not a JSON object")
	case err != nil:
		return readable(err)
	}
	given := map[string]bool{}
	for d.More() {
		if err := decodeField(d, fields, given); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return readable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("unexpected data after the JSON object")
	}
	return nil
}

// decodeField decodes one field of an object, given holding the names before it.
func decodeField(d *json.Decoder, fields map[string]any, given map[string]bool) error {
	token, err := d.Token()
	if err != nil {
		return readable(err)
	}
	name := token.(string) // Token accepts nothing else for a name
	into, known := fields[name]
	switch {
	case !known:
		return fmt.Errorf("unknown field %q; this route accepts %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	case given[name]:
		return fmt.Errorf("the field %q is given twice", name)
	}
	given[name] = true
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return readable(err)
	}
	if !utf8.Valid(value) { // encoding/json would replace each invalid byte
		return fmt.Errorf("%s is not valid UTF-8", name)
	}
	if err := json.Unmarshal(value, into); err != nil {
		return fmt.Errorf("%s must be %s", name, wanted(into))
	}
	return nil
}

// wanted describes the values that a field can have.
func wanted(into any) string {
	switch into.(type) {
	case *time.Time:
		return "a time in RFC 3339, such as 2026-01-02T15:04:05Z"
	case *[]string:
		return "a list of strings"
	case *bool, **bool:
		return "true or false"
	default:
		return "a string"
	}
}

// readable says what an error of reading JSON means for the sender.
func readable(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON ends before it is complete")
	}
	return err
}
