package main_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// pseudoTerminal is a terminal of that many columns: what is written to the second file is read from the first.
func pseudoTerminal(t *testing.T, columns uint16) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, program
}

// onTerminal runs the program on a terminal and returns every byte that it has written there.
func onTerminal(t *testing.T, s *azdotest.Server, columns uint16, env ...string) string {
	t.Helper()
	screen, out := pseudoTerminal(t, columns)
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program, "--repositories=*", "--dry-run", "--concurrency=2")
	cmd.Stdout = out
	cmd.Env = append([]string{
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=" + s.URL(), "SYSTEM_TEAMPROJECT=Fabrikam", "SYSTEM_ACCESSTOKEN=" + agenttest.PresetToken,
		"AGENT_TEMPDIRECTORY=" + temp, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "NO_COLOR=1",
	}, env...)
	read := make(chan string)
	go func() {
		data, _ := io.ReadAll(screen) // it ends with an error when nobody has the other end open
		read <- string(data)
	}()
	err := cmd.Run()
	_ = out.Close()
	text := <-read
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text
}

// TestProgressOnTerminal: while it reads the program says how far it is, within the width, and leaves nothing of it behind.
func TestProgressOnTerminal(t *testing.T) {
	t.Parallel()
	prs := make([]*azdotest.PullRequest, 60)
	for i := range prs {
		prs[i] = &azdotest.PullRequest{ID: i + 1, Evaluations: []*azdotest.Evaluation{{State: "succeeded"}}}
	}
	world := azdotest.World{Latency: "30ms", Projects: []*azdotest.Project{{
		Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: prs}, {Name: "api"}},
	}}}
	whole := regexp.MustCompile(`^read \d+ of \d+ pull requests$`)
	for _, tc := range []struct {
		name    string
		columns uint16
		env     []string
		want    *regexp.Regexp // nil: nothing
	}{
		{"wide", 100, nil, whole},
		{"narrow", 14, nil, regexp.MustCompile(`^read \d+ of [\d p]+\.$`)},
		{"no width", 0, nil, whole},
		{"a terminal that can do nothing", 100, []string{"TERM=dumb"}, nil},
		{"under an agent", 100, []string{"TF_BUILD=True"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := onTerminal(t, azdotest.Start(t, world), tc.columns, tc.env...)
			shown, left := 0, 0
			for row := range strings.SplitSeq(text, "\r\n") {
				parts := strings.Split(row, "\r")
				for _, part := range parts {
					if !strings.HasPrefix(part, "read ") {
						continue
					}
					shown++
					if tc.want == nil || !tc.want.MatchString(part) || tc.columns > 0 && len(part) >= int(tc.columns) {
						t.Errorf("shown: %q", part)
					}
				}
				// What remains of the row is what was written last at each column.
				var seen []rune
				for _, part := range parts {
					for i, r := range []rune(part) {
						if i < len(seen) {
							seen[i] = r
						} else {
							seen = append(seen, r)
						}
					}
				}
				if strings.HasPrefix(string(seen), "read ") {
					left++
				}
			}
			if left > 0 || tc.want != nil && shown < 3 || tc.want == nil && shown > 0 {
				t.Errorf("%d times shown, %d left behind:\n%q", shown, left, text)
			}
			if !strings.Contains(text, "60 pull requests in scope") {
				t.Errorf("the run is not there:\n%s", text)
			}
		})
	}
}
