package azdo

import (
	"bytes"
	"io"
	"slices"
)

// tokenPiece is how much of a token gives it away, in bytes: its beginning and its end are taken out as far as they go.
// A token that is not at least twice as long is taken out only whole.
const tokenPiece = 12

// tokenless reads an answer with "***" in place of the token, before anybody cuts a text of it: what a build, a person or
// the service itself has written may quote the token, and a part of it that is left behind by a cut is in no list of
// secrets.
type tokenless struct {
	from        io.Reader
	token       []byte
	memory      []byte
	rest, ready []byte // what was read and may yet become a part of the token; what is given out next
	err         error
}

// withoutTokenIn returns a reader of what r holds, without the token.
func withoutTokenIn(r io.Reader, token string) io.Reader {
	if len(token) < tokenPiece { // no service gives out such a token, and so short a text may stand for anything
		return r
	}
	return &tokenless{from: r, token: []byte(token), memory: make([]byte, max(16<<10, 4*len(token)))}
}

// Read implements io.Reader.
func (t *tokenless) Read(p []byte) (int, error) {
	for len(t.ready) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		kept := copy(t.memory, t.rest)
		n, err := t.from.Read(t.memory[kept:])
		t.err = err
		t.settle(t.memory[:kept+n])
	}
	n := copy(p, t.ready)
	t.ready = t.ready[n:]
	return n, nil
}

// settle divides what was read: up to where a token may begin that has not come whole, it is ready.
func (t *tokenless) settle(read []byte) {
	end := len(read)
	if t.err == nil {
		end = max(0, len(read)-len(t.token))
	}
	found := tokenSpans(read, t.token)
	for i, s := range found {
		if s.to >= end && t.err == nil {
			end, found = min(end, s.from), found[:i]
			break
		}
	}
	if len(read)-end == len(t.memory) { // a token that repeats itself, again and again
		end, found = len(read), []tokenSpan{{0, len(read)}}
	}
	t.ready, t.rest = read[:end], read[end:]
	if len(found) == 0 {
		return
	}
	var out []byte
	at := 0
	for _, s := range found {
		out = append(append(out, read[at:s.from]...), "***"...)
		at = s.to
	}
	t.ready = append(out, read[at:end]...)
}

// tokenSpan is where a token, its beginning or its end is.
type tokenSpan struct{ from, to int }

// tokenSpans are all of them in a text, in order, without overlap.
func tokenSpans(text, token []byte) []tokenSpan {
	size := tokenPiece
	if len(token) < 2*tokenPiece {
		size = len(token)
	}
	var found []tokenSpan
	each(text, token[:size], func(from, to int) {
		for n := size; n < len(token) && to < len(text) && text[to] == token[n]; n++ {
			to++
		}
		found = append(found, tokenSpan{from, to})
	})
	each(text, token[len(token)-size:], func(from, to int) {
		for n := len(token) - size - 1; n >= 0 && from > 0 && text[from-1] == token[n]; n-- {
			from--
		}
		found = append(found, tokenSpan{from, to})
	})
	slices.SortFunc(found, func(a, b tokenSpan) int { return a.from - b.from })
	var apart []tokenSpan
	for _, s := range found {
		if last := len(apart) - 1; last >= 0 && s.from < apart[last].to {
			apart[last].to = max(apart[last].to, s.to)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// each calls f for every place where the piece is in the text.
func each(text, piece []byte, f func(from, to int)) {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], piece)
		if i < 0 {
			return
		}
		at += i
		f(at, at+len(piece))
	}
}
