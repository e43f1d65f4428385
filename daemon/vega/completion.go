package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
)

// withoutPackage defines what the script for bash uses of the package
// bash-completion, for machines that do not have it.
const withoutPackage = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref()
    {
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    }
fi
if ! declare -F _filedir >/dev/null; then
    _filedir()
    {
        local IFS=$'\n' ext
        [[ $(type -t compopt) == builtin ]] && compopt -o filenames
        COMPREPLY=($(compgen -d -- "$cur"))
        [[ $1 == -d ]] && return
        for ext in ${1//|/$IFS}; do
            COMPREPLY+=($(compgen -f -X "!*.$ext" -- "$cur"))
        done
    }
fi
`

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the completion script of a shell",
		Long: `Print a script that makes a shell complete vega's commands and flags, and the
names of integrations, probes, checks and codes.

  bash  echo 'source <(vega completion bash)' >> ~/.bashrc
  zsh   vega completion zsh > "${fpath[1]}/_vega"    (needs compinit)
  fish  vega completion fish > ~/.config/fish/completions/vega.fish

Then start a new shell. A package installs the output as
/usr/share/bash-completion/completions/vega, /usr/share/zsh/vendor-completions/_vega
and /usr/share/fish/vendor_completions.d/vega.fish.`,
		Example: `  source <(vega completion bash)
  vega completion fish | source`,
		SuggestFor:        []string{"completions", "complete"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cli.Words(func() []string { return []string{"bash", "zsh", "fish"} }),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeCompletion(cmd.Root(), cmd.OutOrStdout(), args[0])
		},
	}
}

func writeCompletion(root *cobra.Command, out io.Writer, shell string) error {
	switch shell {
	case "bash":
		if _, err := io.WriteString(out, withoutPackage); err != nil {
			return err
		}
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	default:
		return fmt.Errorf("no completion for %q; use bash, zsh or fish", shell)
	}
}
