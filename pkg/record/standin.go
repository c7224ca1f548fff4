package record

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// maxKept is how long a text may be that is kept to know it again; of a longer one its hash is kept.
const maxKept = 200

// standIns are the stand-ins of one recording.
type standIns struct {
	exact  map[string]string   // by the text
	folded map[string]*spelled // by the text without case
	count  map[string]int      // by kind
}

// spelled is a stand-in and how many spellings of its text there were.
type spelled struct {
	standIn   string
	spellings int
}

func newStandIns() standIns {
	return standIns{exact: map[string]string{}, folded: map[string]*spelled{}, count: map[string]int{}}
}

// of returns the stand-in of a text, which keeps the kind that it was first seen as. Texts that differ in case alone have
// stand-ins that differ in case alone, since rules compare many texts without it.
func (s *standIns) of(kind, text string) string {
	if text == "" {
		return ""
	}
	exact := key(text)
	if standIn, ok := s.exact[exact]; ok {
		return standIn
	}
	folded := key(strings.ToLower(text))
	known := s.folded[folded]
	if known == nil || known.spellings >= 1<<letters(known.standIn) {
		known = &spelled{standIn: kind + "-" + s.next(kind)}
		s.folded[folded] = known
	}
	standIn := inCase(known.standIn, known.spellings)
	known.spellings++
	s.exact[exact] = standIn
	return standIn
}

// guid returns a GUID for a GUID, commit a commit for a commit; both are known without case.
func (s *standIns) guid(text string) string {
	return s.numbered("guid", text, func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) })
}

func (s *standIns) commit(text string) string {
	return s.numbered("commit", text, func(n int) string { return fmt.Sprintf("c%039d", n) })
}

// numbered returns the stand-in that is made of a number of its kind.
func (s *standIns) numbered(kind, text string, format func(n int) string) string {
	exact := kind + "\x00" + strings.ToLower(text)
	standIn, ok := s.exact[exact]
	if !ok {
		s.count[kind]++
		standIn = format(s.count[kind])
		s.exact[exact] = standIn
	}
	return standIn
}

func (s *standIns) next(kind string) string {
	s.count[kind]++
	return strconv.Itoa(s.count[kind])
}

func key(text string) string {
	if len(text) <= maxKept {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return string(sum[:])
}

// letters is how many letters a stand-in begins with.
func letters(standIn string) int { return strings.IndexByte(standIn, '-') }

// inCase is the n-th spelling of a stand-in: the bits of n say which letters are in upper case.
func inCase(standIn string, n int) string {
	if n == 0 {
		return standIn
	}
	spelling := []byte(standIn)
	for i := range letters(standIn) {
		if n>>i&1 == 1 {
			spelling[i] -= 'a' - 'A'
		}
	}
	return string(spelling)
}
