//go:build !unix

package plugins

import "time"

func processTime() time.Duration { return 0 }
