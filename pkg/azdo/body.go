package azdo

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
)

// maxBody bounds an answer; the largest that is expected, a thousand pull requests, is about 5 MB.
const maxBody = 64 << 20

// pieceSize holds most answers whole.
const pieceSize = 64 << 10

var errTooLarge = errors.New("the answer is larger than 64 MiB")

// pieces are kept for the next answer.
var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// body is a whole answer in pieces. A single buffer would have to grow: a packed answer does not tell its length, and the
// new memory for a page of a thousand pull requests took longer than decoding it.
type body struct {
	pieces []*[pieceSize]byte
	size   int
	start  int // where the answer begins, behind a byte order mark and white space
}

// readFrom reads all of an answer.
func (b *body) readFrom(r io.Reader) error {
	for {
		if b.size == len(b.pieces)*pieceSize {
			piece, _ := pieces.Get().(*[pieceSize]byte)
			b.pieces = append(b.pieces, piece)
		}
		n, err := r.Read(b.pieces[len(b.pieces)-1][b.size%pieceSize:])
		b.size += n
		ended := errors.Is(err, io.EOF)
		switch {
		case b.size > maxBody:
			return errTooLarge
		case err != nil && !ended:
			return err
		case ended:
			b.trim()
			return nil
		}
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// trim moves the beginning behind what is no part of the answer; some proxies send white space while they wait.
func (b *body) trim() {
	rest := bytes.TrimPrefix(b.head(), byteOrderMark)
	for rest = bytes.TrimLeft(rest, " \t\r\n"); len(rest) == 0 && len(b.pieces) > 1; rest = bytes.TrimLeft(b.head(), " \t\r\n") {
		pieces.Put(b.pieces[0])
		b.pieces, b.size = b.pieces[1:], b.size-pieceSize
	}
	b.start = len(b.head()) - len(rest)
}

// free gives the pieces back. Nothing may be left that shares their memory.
func (b *body) free() {
	for _, piece := range b.pieces {
		pieces.Put(piece)
	}
	*b = body{}
}

// head is the beginning of the answer, all of a small one; empty if and only if the answer is.
func (b *body) head() []byte {
	if len(b.pieces) == 0 {
		return nil
	}
	return b.pieces[0][b.start:min(b.size, pieceSize)]
}

// reader reads the answer from its beginning.
func (b *body) reader() io.Reader {
	if b.size <= pieceSize {
		return bytes.NewBuffer(b.head()) // from which the decoder reads in place
	}
	all := net.Buffers{b.head()}
	for i, piece := range b.pieces[1:] {
		all = append(all, piece[:min(b.size-(i+1)*pieceSize, pieceSize)])
	}
	return &all
}
