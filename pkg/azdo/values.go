package azdo

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// maxID is the largest number that the service gives to anything; it also fits an int of 32 bits.
const maxID = 1<<31 - 1

// next reads the next value; null is none.
func next(d *jsontext.Decoder) (jsontext.Value, error) {
	v, err := d.ReadValue()
	if err != nil || v.Kind() == jsontext.KindNull {
		return nil, err
	}
	return v, nil
}

// text is a string.
type text struct {
	s   string
	bad bool
}

func (t *text) read(d *jsontext.Decoder) error {
	*t = text{}
	v, err := next(d)
	if v == nil {
		return err
	}
	plain, ok := unquote(v)
	t.s, t.bad = string(plain), !ok
	return nil
}

// unquote returns the content of a JSON string, which aliases v where it can.
func unquote(v jsontext.Value) ([]byte, bool) {
	if v.Kind() != jsontext.KindString {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner, true
	}
	plain, _ := jsontext.AppendUnquote(nil, v) // it complains of what it has replaced
	return plain, true
}

// word is a string that many records share: a status, a branch, a name. Equal ones share their bytes.
type word struct {
	s   string
	bad bool
}

func (w *word) read(d *jsontext.Decoder) error {
	var t text
	err := t.read(d)
	*w = word{bad: t.bad}
	if t.s != "" {
		w.s = unique.Make(t.s).Value()
	}
	return err
}

// flag is a boolean.
type flag struct {
	v   bool
	set bool // neither absent nor null
	bad bool
}

func (f *flag) read(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	*f = flag{v: kind == jsontext.KindTrue, set: kind != jsontext.KindNull}
	f.bad = f.set && !f.v && kind != jsontext.KindFalse
	return d.SkipValue()
}

// number is the ID of something or a count: a whole number from 0 to maxID, where 0 means none.
type number struct {
	n   int
	bad bool
}

func (n *number) read(d *jsontext.Decoder) error {
	*n = number{}
	b, err := next(d)
	if b == nil {
		return err
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if n.bad = err != nil || v < 0 || v > maxID; !n.bad {
		n.n = int(v)
	}
	return nil
}

// small is a whole number of either sign, such as a vote.
type small struct {
	n   int
	bad bool
}

func (n *small) read(d *jsontext.Decoder) error {
	*n = small{}
	b, err := next(d)
	if b == nil {
		return err
	}
	v, err := strconv.ParseInt(string(b), 10, 16)
	n.n, n.bad = int(v), err != nil
	return nil
}

// decimal is any number that is not negative.
type decimal struct {
	v   float64
	bad bool
}

func (f *decimal) read(d *jsontext.Decoder) error {
	*f = decimal{}
	b, err := next(d)
	if b == nil {
		return err
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if f.bad = err != nil || v < 0; !f.bad {
		f.v = v
	}
	return nil
}

// guid is a GUID in its usual spelling.
type guid struct {
	v   uuid.UUID
	bad bool
}

func (g *guid) read(d *jsontext.Decoder) error {
	*g = guid{}
	b, err := next(d)
	if b == nil {
		return err
	}
	inner, _ := unquote(b)
	v, err := uuid.ParseBytes(inner)
	if g.bad = err != nil || len(inner) != 36; !g.bad {
		g.v = v
	}
	return nil
}

// instant is a time. One without a zone is UTC, and the year 1 stands for none (azure-devops-go-api#17, #59).
type instant struct {
	t   time.Time
	bad bool
}

func (i *instant) read(d *jsontext.Decoder) error {
	*i = instant{}
	b, err := next(d)
	if b == nil {
		return err
	}
	inner, ok := unquote(b)
	t, parsed := parseTime(strings.TrimSpace(string(inner)))
	if i.bad = !ok || !parsed; !i.bad {
		i.t = t
	}
	return nil
}

// parseTime reads a time in the service's spellings; "" and the year 1 are the zero time.
func parseTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	layout := time.RFC3339Nano
	if !strings.ContainsAny(s[max(0, len(s)-6):], "Z+-") {
		layout = "2006-01-02T15:04:05.999999999" // a zone ends in at most six characters
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.UTC().Year() <= 1 {
		return time.Time{}, err == nil
	}
	return t.UTC(), true
}

// object is a JSON object.
type object[T any] struct {
	v   T
	set bool // neither absent nor null
	bad bool
}

func (o *object[T]) read(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	*o = object[T]{set: kind != jsontext.KindNull}
	if kind == jsontext.KindBeginObject {
		return readMembers(d, &o.v)
	}
	o.bad = o.set
	return d.SkipValue()
}

// array is a JSON array of objects; elements of another type make all of it bad.
type array[T any] struct {
	v       []T
	present bool // perhaps as null
	set     bool // it is an array
	bad     bool
}

func (a *array[T]) read(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	*a = array[T]{present: true, set: kind == jsontext.KindBeginArray}
	if kind != jsontext.KindBeginArray {
		a.bad = kind != jsontext.KindNull
		return d.SkipValue()
	}
	return elements(d, func() error {
		var one object[T]
		err := one.read(d)
		a.v, a.bad = append(a.v, one.v), a.bad || one.bad
		return err
	})
}

// texts is a JSON array of strings; an element of another type makes all of it bad.
type texts struct {
	v       []string
	present bool
	bad     bool
}

func (t *texts) read(d *jsontext.Decoder) error {
	kind := d.PeekKind()
	*t = texts{present: kind != jsontext.KindNull}
	if kind != jsontext.KindBeginArray {
		t.bad = t.present
		return d.SkipValue()
	}
	return elements(d, func() error {
		var one text
		err := one.read(d)
		t.v, t.bad = append(t.v, one.s), t.bad || one.bad
		return err
	})
}

// The values of the SDK, as this package reads them.

func numberOf(p *int, odd bool) number {
	n, ok := inRange(p)
	return number{n, odd || !ok}
}

func flagOf(p *bool, odd bool) flag { return flag{valueOf(p), p != nil || odd, odd} }

func instantOf(p *azuredevops.Time, odd bool) instant {
	return instant{timeOf(p), odd}
}

// timeOf is the zero time where there is none.
func timeOf(p *azuredevops.Time) time.Time {
	if p == nil || p.Time.UTC().Year() <= 1 {
		return time.Time{}
	}
	return p.Time.UTC()
}
