package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
)

// icons are the files and the sides in pixels that the Marketplace and the classic editor ask for.
func icons() map[string]int {
	return map[string]int{
		"images/extension-icon.png": 128,
		"task/icon.png":             32,
	}
}

func main() {
	root := flag.String("root", ".", "folder of the repository")
	flag.Parse()
	if err := write(*root); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "icon:", err)
		os.Exit(1)
	}
}

func write(root string) error {
	for name, side := range icons() {
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&b, draw(side)); err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil { //nolint:gosec // to be read by everybody
			return fmt.Errorf("write icon: %w", err)
		}
	}
	return nil
}

// A point of the picture: 0 to 1 from left to right and from top to bottom.
type point struct{ x, y float64 }

func (p point) minus(q point) point   { return point{p.x - q.x, p.y - q.y} }
func (p point) plus(q point) point    { return point{p.x + q.x, p.y + q.y} }
func (p point) times(f float64) point { return point{p.x * f, p.y * f} }
func (p point) dot(q point) float64   { return p.x*q.x + p.y*q.y }
func (p point) length() float64       { return math.Hypot(p.x, p.y) }
func onCircle(degrees, r float64) point {
	return point{r * cos(degrees), r * sin(degrees)}.plus(centre())
}
func cos(degrees float64) float64          { return math.Cos(degrees * math.Pi / 180) }
func sin(degrees float64) float64          { return math.Sin(degrees * math.Pi / 180) }
func centre() point                        { return point{0.5, 0.5} }
func disc(p, middle point, r float64) bool { return p.minus(middle).length() <= r }

// stroke is a line of a width with round ends.
func stroke(p, from, to point, width float64) bool {
	way := to.minus(from)
	t := p.minus(from).dot(way) / way.dot(way)
	return disc(p, from.plus(way.times(min(max(t, 0), 1))), width/2)
}

// triangle is the inside of three corners that go round clockwise.
func triangle(p, a, b, c point) bool {
	left := func(from, to point) bool {
		way, at := to.minus(from), p.minus(from)
		return way.x*at.y-way.y*at.x >= 0
	}
	return left(a, b) && left(b, c) && left(c, a)
}

// tile is a square with round corners that leaves no margin.
func tile(p point, radius float64) bool {
	inner := 0.5 - radius
	d := point{max(math.Abs(p.x-0.5)-inner, 0), max(math.Abs(p.y-0.5)-inner, 0)}
	return d.length() <= radius
}

// ring is the part of a circle that goes clockwise from one angle to another; 0 is right, 90 is down.
func ring(p point, r, width, from, to float64) bool {
	d := p.minus(centre())
	if math.Abs(d.length()-r) > width/2 {
		return false
	}
	angle := math.Atan2(d.y, d.x) * 180 / math.Pi
	for angle < from {
		angle += 360
	}
	return angle <= to
}

// The shapes and colours of the picture.
const (
	radius = 0.30 // of the ring
	width  = 0.095
	start  = 140 // the commit, in degrees
	end    = 395 // the tip of the arrow
)

func at(p point) color.NRGBA {
	blue := color.NRGBA{0x1d, 0x4f, 0x8a, 0xff}
	white := color.NRGBA{0xff, 0xff, 0xff, 0xff}
	green := color.NRGBA{0x6c, 0xd8, 0x8a, 0xff}

	tip := onCircle(end, radius)
	along := point{-sin(end), cos(end)} // clockwise, at the tip
	across := point{cos(end), sin(end)}
	const reach = 0.155
	switch {
	case !tile(p, 0.20):
		return color.NRGBA{}
	case stroke(p, point{0.39, 0.505}, point{0.47, 0.59}, width), stroke(p, point{0.47, 0.59}, point{0.62, 0.42}, width):
		return green
	case triangle(p, tip.plus(along.times(reach)), tip.minus(across.times(reach)), tip.plus(across.times(reach))):
		return white
	case disc(p, onCircle(start, radius), 0.115):
		return white
	case ring(p, radius, width, start, end):
		return white
	default:
		return blue
	}
}

// draw renders the picture with eight by eight samples a pixel.
func draw(side int) *image.NRGBA {
	const samples = 8
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	step := 1 / float64(side*samples)
	for py := range side {
		for px := range side {
			var r, g, b, a int
			for s := range samples * samples {
				x := (float64(px*samples+s%samples) + 0.5) * step
				y := (float64(py*samples+s/samples) + 0.5) * step
				c := at(point{x, y})
				if c.A != 0 {
					r, g, b, a = r+int(c.R), g+int(c.G), b+int(c.B), a+1
				}
			}
			if a > 0 {
				img.SetNRGBA(px, py, color.NRGBA{mean(r, a), mean(g, a), mean(b, a), mean(a*0xff, samples*samples)})
			}
		}
	}
	return img
}

func mean(sum, n int) byte { return byte(sum / n & 0xff) }
