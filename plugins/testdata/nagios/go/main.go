// A plugin for Nagios whose first argument selects how it behaves.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	switch os.Args[1] {
	case "say": // TEXT CODE
		fmt.Print(os.Args[2])
		code, err := strconv.Atoi(os.Args[3])
		if err != nil {
			panic(err)
		}
		os.Exit(code)
	case "args":
		fmt.Printf("%q %d", os.Args, len(os.Environ()))
	case "stderr":
		fmt.Fprintln(os.Stderr, "panic: not really")
		fmt.Println("told")
		os.Exit(1)
	case "panic":
		fmt.Println("about to")
		var none []int
		fmt.Println(none[len(os.Args)])
	case "loop":
		fmt.Println("OK so far | a=1")
		for {
		}
	case "sleep":
		time.Sleep(time.Hour)
		fmt.Println("woken")
	case "endless":
		for {
			fmt.Println("more and more | a=1")
		}
	case "flood":
		fmt.Print("OK | ")
		for i := range 20_000 {
			fmt.Printf("m%d=%d ", i, 1234567890)
		}
	case "hungry":
		fmt.Println("OK")
		var all [][]byte
		for {
			all = append(all, make([]byte, 1<<20))
		}
	}
}
