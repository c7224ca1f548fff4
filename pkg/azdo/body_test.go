package azdo

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBody(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize, 3*pieceSize + 7} {
		for _, lead := range []string{"", "\xef\xbb\xbf", " \r\n\t", "\xef\xbb\xbf\n", strings.Repeat(" ", pieceSize), "\xef\xbb\xbf" + strings.Repeat("\n", 2*pieceSize)} {
			for name, slow := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "end with the last": iotest.DataErrReader,
			} {
				t.Run(fmt.Sprintf("%d bytes behind %d, %s", size, len(lead), name), func(t *testing.T) {
					t.Parallel()
					// A number in every line tells what comes from where.
					var text strings.Builder
					for i := 0; text.Len() < size; i++ {
						fmt.Fprintf(&text, "%d\n", i)
					}
					want := text.String()[:size]
					var b body
					defer b.free()
					if err := b.readFrom(slow(strings.NewReader(lead + want))); err != nil {
						t.Fatal(err)
					}
					for range 2 { // a second reader begins at the beginning
						got, err := io.ReadAll(b.reader())
						if err != nil || string(got) != want {
							t.Fatalf("%v, %d bytes", err, len(got))
						}
					}
					if head := string(b.head()); !strings.HasPrefix(want, head) || (head == "") != (want == "") {
						t.Errorf("the head has %d bytes", len(head))
					}
				})
			}
		}
	}
}

func TestBodyThatTears(t *testing.T) {
	t.Parallel()
	var b body
	defer b.free()
	err := b.readFrom(io.MultiReader(strings.NewReader("begin"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
