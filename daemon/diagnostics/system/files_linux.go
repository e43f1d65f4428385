package system

import (
	"context"
	"os"
	"strings"

	"vega/daemon/diagnostics/kernelfile"
)

// eachFile calls each with the link target of every open file of this process,
// until ctx is done.
func (r *Reader) eachFile(ctx context.Context, each func(target string)) error {
	dir := r.root + "/proc/self/fd"
	names, err := kernelfile.Names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return ErrCutShort
		}
		if target, err := os.Readlink(dir + "/" + name); err == nil { // the file is still open
			each(target)
		}
	}
	return nil
}

// FileKinds counts the open files of this process by kind, such as "socket". The
// directory that the listing itself opens is not counted.
func (r *Reader) FileKinds(ctx context.Context) (map[string]int, error) {
	kinds := map[string]int{}
	err := r.eachFile(ctx, func(target string) { kinds[kindOf(target)]++ })
	return kinds, err
}

// kindOf returns the kind of file that a link target stands for, such as
// "socket:[1234]", "anon_inode:[eventfd]" or a path.
func kindOf(target string) string {
	kind, rest, special := strings.Cut(target, ":")
	switch {
	case strings.HasPrefix(target, "/dev/"):
		return "device"
	case strings.HasPrefix(target, "/") && strings.HasSuffix(target, " (deleted)"):
		return "deleted_file"
	case strings.HasPrefix(target, "/"):
		return "file"
	case special && kind == "anon_inode":
		return strings.Trim(rest, "[]")
	case special:
		return kind
	}
	return "other"
}
