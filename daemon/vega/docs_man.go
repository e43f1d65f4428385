package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vega/daemon/vega/manual"
	"vega/daemon/version"
)

func docsManCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "man [COMMAND…]",
		Short: "Print the manual page of a command, or write those of all commands",
		Long: `Print the manual page of a command in the format of man. With --dir, write the
pages of all commands to a directory, one file each, as a package does. They are
made from the same text as --help.`,
		Example: `  vega docs man check | man -l -
  vega docs man --dir /usr/local/share/man/man1`,
		SuggestFor:        []string{"manpage", "manpages"},
		ValidArgsFunction: completeCommands,
		RunE: func(cmd *cobra.Command, names []string) error {
			if dir == "" {
				of, err := findCommand(cmd.Root(), names)
				if err != nil {
					return err
				}
				return manual.Write(cmd.OutOrStdout(), of, pageSource())
			}
			if len(names) > 0 {
				return errors.New("--dir writes the pages of all commands; leave out " + names[0])
			}
			return writePages(cmd, dir)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "write the pages of all commands to this `DIR`")
	return c
}

// pageSource returns the program and its version. The platform is left out: a page
// holds on all of them.
func pageSource() string { return "vega " + version.Get().Version }

// writePages writes the pages of all commands to a directory.
func writePages(cmd *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create the directory of the pages: %w", err)
	}
	count := 0
	var write func(c *cobra.Command) error
	write = func(c *cobra.Command) error {
		var page bytes.Buffer
		if err := manual.Write(&page, c, pageSource()); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, manual.Name(c)+".1"), page.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write a page: %w", err)
		}
		count++
		for _, s := range c.Commands() {
			if !s.IsAvailableCommand() {
				continue
			}
			if err := write(s); err != nil {
				return err
			}
		}
		return nil
	}
	if err := write(cmd.Root()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "wrote %d pages to %s\n", count, dir)
	return err
}
