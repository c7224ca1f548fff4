package azdo

import (
	"bytes"
	"io"
)

// shortestToken is what may stand in an answer for nothing else, in bytes. No service gives out a shorter token.
const shortestToken = 12

// hide puts "***" in place of a token that the answer quotes, before anybody cuts a text of it: what a build, a person or
// the service itself has written may quote the token, and a piece of it that a cut leaves behind is in no list of secrets.
// Pieces are not looked for: a token may be made of words, and names are, too.
func (b *body) hide(token string) {
	secret := []byte(token)
	if len(secret) < shortestToken || !b.holds(secret) {
		return
	}
	whole, _ := io.ReadAll(b.reader()) // from memory
	b.free()
	_ = b.readFrom(bytes.NewReader(bytes.ReplaceAll(whole, secret, []byte("***")))) // from memory, and it is no longer than before
}

// holds reports whether the answer quotes a text that is shorter than a piece.
func (b *body) holds(text []byte) bool {
	var seam []byte // the end of a piece and the beginning of the next
	for i, piece := range b.pieces {
		part := piece[:min(b.size-i*pieceSize, pieceSize)]
		seam = append(seam, part[:min(len(part), len(text)-1)]...)
		if bytes.Contains(part, text) || bytes.Contains(seam, text) {
			return true
		}
		seam = append(seam[:0], part[max(0, len(part)-len(text)+1):]...)
	}
	return false
}
