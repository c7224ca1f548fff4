package record

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// neutral makes what may be written of what came.
type neutral struct {
	known      vocabulary
	passing    map[string]bool // GUIDs
	routeParts map[string]bool // parts of route templates, in lower case
	own        []string        // texts of ours that pass within others
	standIns   standIns
	depth      int // of JSON within texts
}

func newNeutral(own []string) neutral {
	return neutral{known: known(), passing: passingGUIDs(), routeParts: routeParts(), own: own, standIns: newStandIns()}
}

var passingGUIDs = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for id := range strings.FieldsSeq(passing) {
		all[id] = true
	}
	for _, r := range routes() {
		all[r.location] = true
	}
	return all
})

var errTrailing = errors.New("something follows the value")

var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// json appends the neutral form of a JSON text. owner is what its objects stand for.
func (n *neutral) json(to, text []byte, owner string) ([]byte, error) {
	d, _ := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	to, err := n.value(to, d, "", owner)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errTrailing, err)
	}
	return to, nil
}

// maxDigits is how long a number may be. A longer one is written as one that no reader takes, either.
const (
	maxDigits = 20
	tooLong   = "99999999999999999999"
)

// value appends one value of a member.
func (n *neutral) value(to []byte, d *jsontext.Decoder, name, owner string) ([]byte, error) {
	kind := d.PeekKind()
	if kind == jsontext.KindBeginObject {
		return n.members(to, d, ownerOf(name, owner))
	}
	if kind == jsontext.KindBeginArray {
		return n.elements(to, d, name, owner)
	}
	v, err := d.ReadValue()
	switch {
	case err != nil:
		return nil, err
	case kind == jsontext.KindString:
		plain, _ := jsontext.AppendUnquote(nil, v) // it complains of what it has replaced
		return quote(to, n.text(name, owner, string(plain))), nil
	case kind == jsontext.KindNumber && len(v) > maxDigits:
		return append(to, tooLong...), nil
	}
	return append(to, v...), nil
}

// members appends an object, without the members that nobody names.
func (n *neutral) members(to []byte, d *jsontext.Decoder, owner string) ([]byte, error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	to = append(to, '{')
	first := true
	for d.PeekKind() != jsontext.KindEndObject {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		plain, _ := jsontext.AppendUnquote(nil, v)
		name := string(plain)
		if n.known.members[name] == nil {
			if err := d.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		if !first {
			to = append(to, ',')
		}
		first = false
		to = append(quote(to, name), ':')
		if to, err = n.value(to, d, name, owner); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return append(to, '}'), err
}

// elements appends an array. A text in it is one of the member that the array belongs to.
func (n *neutral) elements(to []byte, d *jsontext.Decoder, name, owner string) ([]byte, error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	to = append(to, '[')
	for i := 0; d.PeekKind() != jsontext.KindEndArray; i++ {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = n.value(to, d, name, owner); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return append(to, ']'), err
}
