//go:build !wasip1

package sdktest

import (
	"fmt"
	"regexp"

	"vega/sdk/abi"
)

type rows struct {
	all     Rows
	current int
}

// Close does nothing: the rows belong to the test.
func (*rows) Close() error { return nil }

func (h *host) SQLQuery(database, query string) int32 {
	if h.denied("sql", database) {
		return int32(abi.ErrDenied)
	}
	if h.config.SQL == nil {
		return h.fail(newErrno(abi.ErrNotSet, "no database is configured"))
	}
	all, err := h.config.SQL(database, query)
	if err != nil {
		return h.fail(err)
	}
	return h.open(&rows{all, -1})
}

func (h *host) SQLNext(handle int32) int32 {
	r, ok := h.handles[handle].(*rows)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a query"))
	}
	r.current++
	if r.current < len(r.all) {
		return 1
	}
	return 0
}

func (h *host) SQLColumn(handle, column int32, buf []byte) int32 {
	r, ok := h.handles[handle].(*rows)
	if !ok || r.current < 0 || r.current >= len(r.all) || column < 0 || int(column) >= len(r.all[r.current]) {
		return h.fail(newErrno(abi.ErrInvalid, "no such column"))
	}
	v := r.all[r.current][column]
	if v == nil {
		return h.fail(newErrno(abi.ErrNotSet, "the column is NULL"))
	}
	return put(buf, fmt.Sprint(v))
}

func (h *host) Match(pattern, text string) int32 {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return h.fail(newErrno(abi.ErrInvalid, err.Error()))
	}
	if re.MatchString(text) {
		return 1
	}
	return 0
}

func (h *host) MatchGroup(pattern, text string, group int32, buf []byte) int32 {
	re, err := regexp.Compile(pattern)
	if err != nil || group < 0 || int(group) > re.NumSubexp() {
		return h.fail(newErrno(abi.ErrInvalid, "the pattern is invalid, or has no such group"))
	}
	found := re.FindStringSubmatchIndex(text)
	if found == nil || found[2*group] < 0 {
		return h.fail(newErrno(abi.ErrNotSet, "the group matches nothing"))
	}
	return put(buf, text[found[2*group]:found[2*group+1]])
}
