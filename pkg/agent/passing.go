package agent

import "strings"

// Passing shows on a terminal what the run is doing, until the next line replaces it. Under an agent, and without a
// terminal, it writes nothing.
func (l *Log) Passing(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.Terminal && !l.options.Agent {
		l.inPlace(text)
	}
}

// usualWidth is the width of a terminal that does not tell its own.
const usualWidth = 80

// room is how many columns a line in place may take: one less than there are, since a terminal may begin a new line when
// the last one is filled, and then nothing could be taken away.
func (l *Log) room() int {
	width := 0
	if l.options.Width != nil {
		width = l.options.Width()
	}
	if width <= 0 {
		width = usualWidth
	}
	return width - 1
}

// inPlace shows a line that the next one replaces, cut to the width of the terminal; the lock is held.
func (l *Log) inPlace(text string) {
	line := []rune(l.finish(text))
	if room := max(1, l.room()); len(line) > room {
		line = append(line[:room-1], '.')
	}
	for i, r := range line {
		if r > '~' { // a character of two columns could not be told from one
			line[i] = '?'
		}
	}
	erase := l.erase()
	l.shown = len(line)
	l.send(erase + string(line))
}

// erase takes the line in place off the terminal. A terminal that has become narrower has broken it; what is erased then
// is its last row.
func (l *Log) erase() string {
	if l.shown == 0 {
		return ""
	}
	blank := "\r" + strings.Repeat(" ", min(l.shown, max(0, l.room()))) + "\r"
	l.shown = 0
	return blank
}
