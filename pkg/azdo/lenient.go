package azdo

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/google/uuid"
)

// The types of this file decode one JSON value without ever failing: a value of another type sets bad. One odd field
// then costs one evaluation, not the whole list. Absent and null are both the zero value.

// maxID is the largest number that the service gives to anything; it also fits an int of 32 bits.
const maxID = 1<<31 - 1

func isNull(b []byte) bool { return len(b) == 4 && b[0] == 'n' }

// text is a string.
type text struct {
	s   string
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = text{}
	if isNull(b) {
		return nil
	}
	plain, ok := unquote(b)
	if !ok {
		t.bad = true
		return nil
	}
	t.s = string(plain)
	return nil
}

// unquote returns the content of a JSON string, which aliases b where it can.
func unquote(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != '"' {
		return nil, false
	}
	inner := b[1 : len(b)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner, true
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// word is a string that many records share: a status, a branch, a name. Equal ones share their bytes.
type word struct {
	s   string
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(b []byte) error {
	var t text
	_ = t.UnmarshalJSON(b)
	*w = word{bad: t.bad}
	if t.s != "" {
		w.s = unique.Make(t.s).Value()
	}
	return nil
}

// flag is a boolean.
type flag struct {
	v   bool
	set bool // neither absent nor null
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = flag{}
	switch {
	case isNull(b):
	case string(b) == "true":
		f.v, f.set = true, true
	case string(b) == "false":
		f.set = true
	default:
		f.set, f.bad = true, true
	}
	return nil
}

// number is the ID of something or a count: a whole number from 0 to maxID, where 0 means none.
type number struct {
	n   int
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	*n = number{}
	if isNull(b) {
		return nil
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

// UnmarshalJSON implements json.Unmarshaler.
func (n *small) UnmarshalJSON(b []byte) error {
	*n = small{}
	if isNull(b) {
		return nil
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

// UnmarshalJSON implements json.Unmarshaler.
func (d *decimal) UnmarshalJSON(b []byte) error {
	*d = decimal{}
	if isNull(b) {
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if d.bad = err != nil || v < 0; !d.bad {
		d.v = v
	}
	return nil
}

// guid is a GUID in its usual spelling.
type guid struct {
	v   uuid.UUID
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (g *guid) UnmarshalJSON(b []byte) error {
	*g = guid{}
	if isNull(b) {
		return nil
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

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(b []byte) error {
	*i = instant{}
	if isNull(b) {
		return nil
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
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			if t = t.UTC(); t.Year() > 1 {
				return t, true
			}
			return time.Time{}, true
		}
	}
	return time.Time{}, false
}

// object is a JSON object.
type object[T any] struct {
	v   T
	set bool // neither absent nor null
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object[T]) UnmarshalJSON(b []byte) error {
	*o = object[T]{}
	if isNull(b) {
		return nil
	}
	o.set = true
	o.bad = b[0] != '{' || json.Unmarshal(b, &o.v) != nil
	return nil
}

// array is a JSON array; elements of another type make all of it bad.
type array[T any] struct {
	v   []T
	set bool // neither absent nor null
	bad bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *array[T]) UnmarshalJSON(b []byte) error {
	*a = array[T]{}
	if isNull(b) {
		return nil
	}
	a.set = true
	a.bad = b[0] != '[' || json.Unmarshal(b, &a.v) != nil
	return nil
}

// field is a wire field by name, and whether it has the wrong type.
type field struct {
	name string
	bad  bool
}

// firstBad names the first field of a wrong type, "" if there is none.
func firstBad(fields ...field) string {
	for _, f := range fields {
		if f.bad {
			return f.name
		}
	}
	return ""
}
