package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletionInBash asks a real bash what it completes.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err) // the build itself needs it
	}
	folder := t.TempDir()
	if err := os.Symlink(program, filepath.Join(folder, "reschedule")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ words, want string }{
		{"reschedule --dry", "--dry-run"},
		{"reschedule --drafts on", "only"},
		{"reschedule --repositories web --comm", "--comment"},
	} {
		words := strings.Fields(tc.words)
		// What the package bash-completion has and the script calls.
		script := `_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
compopt() { :; }
__ltrim_colon_completions() { :; }
source <(reschedule --completion bash)
COMP_WORDS=(` + tc.words + `) COMP_CWORD=` + string(rune('0'+len(words)-1)) + ` COMP_LINE='` + tc.words + `' COMP_POINT=${#COMP_LINE} COMP_TYPE=9
__start_reschedule
printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "-c", script)
		cmd.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != tc.want {
			t.Errorf("%s: %v, %q, want %q", tc.words, err, out, tc.want)
		}
	}
}
