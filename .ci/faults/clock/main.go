// Clock makes a build of vega whose wall clock a test can move while it runs.
//
//	go run ./.ci/faults/clock DIR
//
// It writes DIR/overlay.json and DIR/time.go, a copy of the standard library's
// time/time.go whose Now adds an offset, and prints the path of the overlay:
//
//	go build -overlay "$(go run ./.ci/faults/clock DIR)" -o DIR/vega ./daemon/vega
//	echo 9600h >DIR/offset
//	CLOCK_OFFSET=DIR/offset DIR/vega serve
//
// The program reads the offset, a list of numbers with the units h, m, s or ms such
// as 9600h, -24h or 1h30m, from the file that CLOCK_OFFSET names, when it starts and
// every 20 ms. Rename another file over it to change the offset: a file that is gone,
// empty or not a duration leaves the last offset in force. Without CLOCK_OFFSET, or
// before there is a file, the offset is 0.
//
// Only the wall clock moves. The monotonic clock, timers, the times of files and the
// clocks of the kernel don't: that is what a step by NTP or settimeofday does, too,
// except that files get the new time.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/build"
	"log"
	"os"
	"path/filepath"
	"strings"
)

// imports and now occur once each in time/time.go. imported and moved replace them.
const (
	imports  = "\t_ \"unsafe\" // for go:linkname\n"
	imported = "\t\"sync/atomic\"\n\t\"syscall\"\n" + imports
	now      = "\tsec, nsec, mono := runtimeNow()\n"
	moved    = now + "\tsec, nsec = faultMove(sec, nsec)\n"
)

// offset is appended to the copy of time/time.go. The runtime calls Now where no
// system call may be made, so a goroutine reads the file.
const offset = `
var faultOffset atomic.Int64 // nanoseconds

func init() {
	path, ok := syscall.Getenv("CLOCK_OFFSET")
	if !ok {
		return
	}
	faultReload(path)
	go func() {
		for {
			Sleep(20 * Millisecond)
			faultReload(path)
		}
	}()
}

func faultMove(sec int64, nsec int32) (int64, int32) {
	offset := faultOffset.Load()
	sec, all := sec+offset/1e9, int64(nsec)+offset%1e9
	switch {
	case all < 0:
		sec, all = sec-1, all+1e9
	case all >= 1e9:
		sec, all = sec+1, all-1e9
	}
	return sec, int32(all)
}

func faultReload(path string) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	var b [64]byte
	n, err := syscall.Read(fd, b[:])
	for n > 0 && (b[n-1] == '\n' || b[n-1] == ' ') {
		n--
	}
	if err != nil || n <= 0 {
		return
	}
	if d, err := ParseDuration(string(b[:n])); err == nil {
		faultOffset.Store(int64(d))
	}
}
`

func main() {
	log.SetFlags(0)
	log.SetPrefix("clock: ")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("name the directory that the overlay is written to")
	}
	path, err := write(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path)
}

// write writes the overlay and the file that it puts in place of time/time.go, and
// returns the overlay's path.
func write(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	original := filepath.Join(build.Default.GOROOT, "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	text := string(source)
	for _, c := range [][2]string{{imports, imported}, {now, moved}} {
		if strings.Count(text, c[0]) != 1 {
			return "", fmt.Errorf("%s has changed: %q doesn't occur exactly once", original, c[0])
		}
		text = strings.Replace(text, c[0], c[1], 1)
	}
	changed, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(changed, []byte(text+offset), 0o600); err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, list, 0o600)
}
