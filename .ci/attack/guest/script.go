package main

import (
	"strconv"
	"strings"
	"unsafe"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() {
	for _, name := range []string{"echo", "socket", "shell", "file", "request"} {
		sdk.Probe(name, script)
	}
}

// script makes the raw calls that the option send lists, one a line, with the
// arguments after bars, and adds what each returned as a detail. <CR>, <LF> and <NUL>
// stand for control characters, <TOKEN> for the secret, <N*X> for N times X. A line
// "repeat|N" repeats the next one until it fails, at most N times.
func script(r *sdk.Run) sdk.Result {
	handle, repeat := int32(0), 1
	lines := strings.Split(r.String("send"), "\n")
	for i, line := range lines {
		args := strings.Split(line, "|")
		if args[0] == "repeat" {
			repeat = number(args, 1)
			continue
		}
		for j := range args {
			args[j] = strings.NewReplacer("<CR>", "\r", "<LF>", "\n", "<NUL>", "\x00", "<TOKEN>", r.String("token")).Replace(args[j])
			if count, text, ok := strings.Cut(strings.TrimSuffix(args[j], ">"), "*"); ok && strings.HasPrefix(count, "<") {
				n, _ := strconv.Atoi(count[1:]) // 0 if the script is wrong
				args[j] = strings.Repeat(text, n)
			}
		}
		result, text, done := 0, "", 0
		for ; done < repeat; done++ {
			var n int32
			n, text = call(args, &handle)
			result = int(n)
			if n < 0 {
				break
			}
		}
		if result < 0 {
			out := make([]byte, 600)
			text = string(out[:min(int(abi.Error(unsafe.Pointer(&out[0]), uint32(len(out)))), len(out))])
		}
		detail := strconv.Itoa(result) + " " + text
		if repeat > 1 {
			detail = strconv.Itoa(done) + " times, then " + detail
		}
		repeat = 1
		abi.Detail(strconv.Itoa(i), detail)
	}
	return sdk.Healthy("done")
}

// call makes one call and returns its result, and what it wrote. The calls that open
// something change the handle, which the others use.
func call(args []string, handle *int32) (int32, string) {
	opened := func(n int32) (int32, string) {
		if n >= 0 {
			*handle = n
		}
		return n, ""
	}
	into := func(ask func(buf unsafe.Pointer, size uint32) int32) (int32, string) {
		out := make([]byte, 700)
		n := ask(unsafe.Pointer(&out[0]), uint32(len(out)))
		return n, string(out[:max(0, min(int(n), len(out)))])
	}
	switch args[0] {
	case "echo": // host, count, size, TTL, interval in milliseconds
		return opened(abi.ICMPEcho(args[1], 0, int32(number(args, 2)), int32(number(args, 3)), int32(number(args, 4)), int64(number(args, 5))*1e6, 2e8))
	case "from":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.ICMPFrom(*handle, int32(number(args, 1)), b, n) })
	case "request":
		return opened(abi.HTTPRequest(args[1], args[2]))
	case "header":
		return abi.HTTPHeader(*handle, args[1], args[2]), ""
	case "option":
		return abi.HTTPOption(*handle, int32(number(args, 1)), int32(number(args, 2))), ""
	case "unix":
		return abi.HTTPUnix(*handle, args[1]), ""
	case "send":
		return abi.HTTPSend(*handle, args[1]), ""
	case "got":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.HTTPResponseHeader(*handle, args[1], b, n) })
	case "trailer":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.HTTPResponseTrailer(*handle, args[1], b, n) })
	case "read":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.Read(*handle, b, n) })
	case "open":
		return abi.WebSocketOpen(*handle), ""
	case "say":
		return abi.WebSocketSend(*handle, abi.MessageText, unsafe.Pointer(unsafe.StringData(args[1])), uint32(len(args[1]))), ""
	case "receive":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.WebSocketReceive(*handle, b, n) })
	case "dial":
		return opened(abi.Dial(int32(number(args, 1)), args[2]))
	case "write":
		return abi.Write(*handle, unsafe.Pointer(unsafe.StringData(args[1])), uint32(len(args[1]))), ""
	case "connect":
		return opened(abi.SSHConnect(args[1]))
	case "info":
		return into(func(b unsafe.Pointer, n uint32) int32 { return abi.SSHInfo(*handle, int32(number(args, 1)), b, n) })
	case "run":
		return abi.SSHRun(*handle), ""
	}
	return -99, ""
}

func number(args []string, at int) int {
	if at >= len(args) {
		return 0
	}
	n, _ := strconv.Atoi(args[at]) // 0 if the script is wrong
	return n
}
