package agent

import (
	"fmt"
	"strings"
	"testing"
)

// terminal is what people see: rows of a given width, on which a full row begins a new one.
type terminal struct {
	width  int
	rows   [][]rune
	column int
	widest int // the widest row that was ever shown
}

func (s *terminal) Write(p []byte) (int, error) {
	if len(s.rows) == 0 {
		s.rows = [][]rune{nil}
	}
	for _, r := range string(p) {
		switch r {
		case '\r':
			s.column = 0
		case '\n':
			s.rows, s.column = append(s.rows, nil), 0
		default:
			if s.column == s.width {
				s.rows, s.column = append(s.rows, nil), 0
			}
			row := &s.rows[len(s.rows)-1]
			for len(*row) <= s.column {
				*row = append(*row, ' ')
			}
			(*row)[s.column] = r
			s.column++
			s.widest = max(s.widest, s.column)
		}
	}
	return len(p), nil
}

func (s *terminal) String() string {
	lines := make([]string, len(s.rows))
	for i, row := range s.rows {
		lines[i] = strings.TrimRight(string(row), " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func TestPassing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		width    int // of the terminal; 0: it does not tell
		text     string
		now, end string // what is seen while it is there, and afterwards
	}{
		{"it fits", 80, "read 240 of 2,000 pull requests", "before\nread 240 of 2,000 pull requests", "before\nafter"},
		{"just", 32, "read 240 of 2,000 pull requests", "before\nread 240 of 2,000 pull requests", "before\nafter"},
		{"one column is missing", 31, "read 240 of 2,000 pull requests", "before\nread 240 of 2,000 pull reques.", "before\nafter"},
		{"narrow", 10, "read 240 of 2,000 pull requests", "before\nread 240.", "before\nafter"},
		{"hardly there", 2, "read", "be\nfo\nre\n.", "be\nfo\nre\naf\nte\nr"},
		{"nobody knows the width", 0, strings.Repeat("x", 100), "before\n" + strings.Repeat("x", 78) + ".", "before\nafter"},
		{"wide characters are not told from others", 80, "读 é", "before\n? ?", "before\nafter"},
		{"nothing that moves the cursor", 80, "a\x1b[2Jb\nc", "before\na [2Jb c", "before\nafter"},
		{"no command", 80, "##vso[task.complete]", "before\n# #vso[task.complete]", "before\nafter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			screen := &terminal{width: tc.width}
			if tc.width == 0 {
				screen.width = usualWidth
			}
			l := NewLog(screen, LogOptions{Terminal: true, Width: func() int { return tc.width }})
			l.Line("before")
			l.Passing("another text that is longer than what comes behind it")
			l.Passing(tc.text)
			if got := screen.String(); got != tc.now {
				t.Errorf("while it is there:\n%s\nwant\n%s", got, tc.now)
			}
			l.Line("after")
			if got := screen.String(); got != tc.end {
				t.Errorf("afterwards:\n%s\nwant\n%s", got, tc.end)
			}
		})
	}
}

// TestPassingAmongOthers: percentages, warnings and a terminal whose width changes leave nothing behind.
func TestPassingAmongOthers(t *testing.T) {
	t.Parallel()
	screen := &terminal{width: 40}
	l := NewLog(screen, LogOptions{Terminal: true, Width: func() int { return screen.width }})
	for i := range 50 {
		l.Passing(fmt.Sprintf("read %d of 50 pull requests and whatever else", i))
	}
	l.Warning("first")
	l.Progress(10, "1 of 10 evaluations have their result, and the rest of a long text")
	l.Progress(5, "short")
	l.Line("second")
	l.Passing("read")
	screen.width = 60
	l.Passing("read more of what there is, which is now far longer than before")
	l.Line("third")
	if got := screen.String(); got != "Warning: first\nsecond\nthird" {
		t.Errorf("got\n%s", got)
	}
}

// TestPassingForNobody: under an agent, and where nobody looks, nothing is written.
func TestPassingForNobody(t *testing.T) {
	t.Parallel()
	for _, o := range []LogOptions{{}, {Agent: true}, {Agent: true, Terminal: true}, {Colour: true}} {
		l, out := newLog(o)
		l.Passing("read 1 of 2 pull requests")
		if out.String() != "" {
			t.Errorf("%+v: %q", o, out.String())
		}
	}
}
