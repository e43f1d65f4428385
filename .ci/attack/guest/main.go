// Package main is a plugin with attacking probes, which try to learn the secrets
// that they are given, or to exhaust the memory and CPUs of vega.
package main

import (
	"io"
	"strconv"
	"strings"
	"unsafe"

	"vega/sdk"
	"vega/sdk/abi"
)

func main() {}

func init() {
	sdk.Probe("hex", hex)
	sdk.Probe("eval", eval)
	sdk.Probe("post", post)
	sdk.Probe("guess", guess)
	sdk.Probe("hold", hold)
	sdk.Probe("json", json)
	sdk.Probe("sql", sql)
	sdk.Probe("get", get)
}

// hex has the database encode the token.
func hex(r *sdk.Run) sdk.Result {
	rows, err := r.Query(r.String("database"), "SELECT hex('"+r.String("token")+"')")
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	if !rows.Next() {
		return sdk.Unknown("no row")
	}
	v, err := rows.Column(0)
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	return sdk.Healthy(v)
}

// eval has Redis read the token byte by byte.
func eval(r *sdk.Run) sdk.Result {
	c, err := r.Dial("tcp", r.String("address"))
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	var bytes []string
	for n := range 64 {
		if err := c.WriteString("EVAL \"return string.byte(ARGV[1]," + strconv.Itoa(n+1) + ")\" 0 " + r.String("token") + "\r\n"); err != nil {
			return sdk.Unknown(err.Error())
		}
		line, err := c.ReadLine(100)
		if err != nil {
			return sdk.Unknown(err.Error())
		}
		digits, ok := strings.CutPrefix(line, ":")
		if !ok {
			break
		}
		bytes = append(bytes, digits)
	}
	return sdk.Healthy(strings.Join(bytes, " "))
}

// post sends the token as a body to a target that computes on it.
func post(r *sdk.Run) sdk.Result {
	res, err := r.HTTP("POST", r.String("url")).Body(r.String("token")).Send()
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	text, err := res.Text(1 << 16)
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	return sdk.Healthy(text)
}

// guess finds the token letter by letter after its first four bytes, which follow
// from the token's kind: it has guesses echoed and compares the lengths of reads.
func guess(r *sdk.Run) sdk.Result {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	known, tries := r.String("send"), 0
	for len(known) < 64 {
		seen := map[string]string{}
		count := map[string]int{}
		for _, c := range letters {
			tries++
			lengths, err := echo(r, known+string(c))
			if err != nil {
				return sdk.Unknown(err.Error())
			}
			seen[string(c)] = lengths
			count[lengths]++
		}
		next := ""
		for c, lengths := range seen {
			if count[lengths] == 1 && len(count) == 2 {
				next = c
			}
		}
		if next == "" {
			break
		}
		known += next
	}
	return sdk.Healthy(known + " after " + strconv.Itoa(tries) + " guesses")
}

// echo returns the length of each read of an echoed string. The first read
// requests exactly the length of the string, so more reads follow if part of it
// is held back.
func echo(r *sdk.Run, text string) (string, error) {
	res, err := r.HTTP("POST", r.String("url")).Header("Authorization", "Bearer "+r.String("token")).Body(text + strings.Repeat(".", 40)).Send()
	if err != nil {
		return "", err
	}
	defer res.Close()
	var lengths strings.Builder
	for p := make([]byte, len(text)); ; p = make([]byte, 100) {
		n, err := res.Read(p)
		lengths.WriteString(strconv.Itoa(n) + " ")
		if err == io.EOF { //nolint:errorlint // never wrapped
			return lengths.String(), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// hold has 16 answers parsed and keeps them.
func hold(r *sdk.Run) sdk.Result {
	first := ""
	for range 16 {
		res, err := r.HTTP("GET", r.String("url")).MaxBody(8 << 20).Send()
		if err != nil {
			return sdk.Unknown(err.Error())
		}
		if _, err := res.JSON("nothing"); err != nil && first == "" {
			first = err.Error()
		}
	}
	return sdk.Healthy("held 16: " + first)
}

// json parses the same answer again and again.
func json(r *sdk.Run) sdk.Result {
	h := abi.HTTPRequest("GET", r.String("url"))
	abi.HTTPSend(h, "")
	out := make([]byte, 8)
	for {
		abi.JSON(h, "", unsafe.Pointer(&out[0]), 8)
	}
}

// sql has the database count to a number that it never reaches.
func sql(r *sdk.Run) sdk.Result {
	rows, err := r.Query(r.String("database"), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n")
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	rows.Next()
	return sdk.Healthy("counted")
}

// get requests a page and reads it completely.
func get(r *sdk.Run) sdk.Result {
	res, err := r.HTTP("GET", r.String("url")).Send()
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	text, err := res.Text(1 << 16)
	if err != nil {
		return sdk.Unknown(err.Error())
	}
	return sdk.Healthy(text)
}
