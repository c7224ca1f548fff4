package agent

import (
	"testing"
	"unicode"
)

// The fast path for Latin-1 says the same as the tables.
func TestInvisible(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && !Invisible(r) {
			t.Errorf("%U is taken for visible", r)
		}
		if unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && Invisible(r) {
			t.Errorf("%U is taken for invisible", r)
		}
	}
}
