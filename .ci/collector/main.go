// Command collector shows what the OTLP receiver of the OpenTelemetry collector receives
// from vega: the spans of one health request, with their parents, and metrics. It also
// starts vega against a collector that accepts connections and never answers.
//
//	go run . VEGA
//
// runs the program VEGA. It exits with 1 if something is missing.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: collector VEGA")
		os.Exit(2)
	}
	for _, show := range []func(context.Context, string) error{oneRequest, silentCollector} {
		if err := show(ctx, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
