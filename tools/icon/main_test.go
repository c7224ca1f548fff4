package main

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestIconsAreDrawn compares the committed pictures with the shapes. Processors round differently, so a colour may be
// off by two.
func TestIconsAreDrawn(t *testing.T) {
	t.Parallel()
	for name, side := range icons() {
		file, err := os.Open(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		got, err := png.Decode(file)
		if err != nil {
			t.Fatalf("decode %s: %v", name, err)
		}
		want := draw(side)
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s has bounds %v, want %v", name, got.Bounds(), want.Bounds())
			continue
		}
		for y := range side {
			for x := range side {
				if !near(got.At(x, y).RGBA, want.At(x, y).RGBA) {
					t.Fatalf("%s differs at %d,%d: run ./build.sh icons", name, x, y)
				}
			}
		}
	}
}

func near(a, b func() (r, g, b, a uint32)) bool {
	ar, ag, ab, aa := a()
	br, bg, bb, ba := b()
	for _, d := range []int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb), int(aa) - int(ba)} {
		if d > 2*0x101 || d < -2*0x101 {
			return false
		}
	}
	return true
}
