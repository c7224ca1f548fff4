package azdo

import (
	"errors"
	"io"
	"reflect"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// value reads one JSON value in one pass. The types of values.go never fail for a type that they did not expect, they set
// bad: one odd field then costs one evaluation, not the whole list. Their errors are those of the syntax. Absent and null
// are both the zero value.
type value interface {
	read(d *jsontext.Decoder) error
}

var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

var errTrailing = errors.New("something follows the answer")

// unmarshal reads one whole answer, or a part of one. What the service sends is taken as it is: the last of two members
// of one name counts, and bytes that are no text become U+FFFD. What it reads into v shares no memory with r.
func unmarshal(r io.Reader, v value) error {
	d, _ := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := v.read(d); err != nil {
		return err
	}
	switch _, err := d.ReadToken(); {
	case err == nil:
		return errTrailing
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// members are the fields of wire types by the names in their json tags, for each reflect.Type.
var members sync.Map

func membersOf(t reflect.Type) map[string]int {
	if known, ok := members.Load(t); ok {
		index, _ := known.(map[string]int)
		return index
	}
	index := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		index[t.Field(i).Tag.Get("json")] = i
	}
	members.Store(t, index)
	return index
}

// readMembers reads an object into the struct that to points to, each of whose fields is a value.
func readMembers(d *jsontext.Decoder, to any) error {
	fields := reflect.ValueOf(to).Elem()
	index := membersOf(fields.Type())
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		plain, _ := unquote(name)
		if i, known := index[string(plain)]; known {
			err = fields.Field(i).Addr().Interface().(value).read(d) //nolint:forcetypeassert // a fault of the wire type; every one is tested
		} else {
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

var (
	errNoList = errors.New("it has no list")
	errNull   = errors.New("the list holds null")
	errNoItem = errors.New("the list holds something that is no object")
)

// list is the array of a list answer. Each element is read into the same value, and taken before the next is read.
type list[T any] struct {
	take func(*T) error
	set  bool
}

func (l *list[T]) read(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray || l.set {
		return errors.Join(d.SkipValue(), errNoList)
	}
	l.set = true
	var one object[T]
	return elements(d, func() error {
		if err := one.read(d); err != nil {
			return err
		}
		if !one.set {
			return errNull
		}
		if one.bad {
			return errNoItem
		}
		return l.take(&one.v)
	})
}

type listAnswer[T any] struct {
	Value list[T] `json:"value"`
}

func (a *listAnswer[T]) read(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginObject {
		return errors.Join(d.SkipValue(), errNoList)
	}
	return readMembers(d, a)
}

// decodeEach reads a list answer element by element. take must copy what it keeps. An answer without a list is an error
// and no empty list.
func decodeEach[T any](body io.Reader, take func(*T) error) error {
	answer := listAnswer[T]{Value: list[T]{take: take}}
	if err := unmarshal(body, &answer); err != nil {
		return err
	}
	if !answer.Value.set {
		return errNoList
	}
	return nil
}

// decodeList reads a list answer.
func decodeList[T any](body io.Reader) ([]T, error) {
	all := []T{}
	err := decodeEach(body, func(one *T) error {
		all = append(all, *one)
		return nil
	})
	return all, err
}

// raw is any value, as it was sent; nil is an absent one.
type raw jsontext.Value

func (r *raw) read(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	*r = raw(v.Clone())
	return err
}

// anything is any JSON value.
type anything struct{}

func (anything) read(d *jsontext.Decoder) error { return d.SkipValue() }

// elements walks an array that has not begun yet; read takes one element.
func elements(d *jsontext.Decoder, read func() error) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for {
		switch d.PeekKind() {
		case jsontext.KindEndArray, jsontext.KindInvalid:
			_, err := d.ReadToken()
			return err
		default:
			if err := read(); err != nil {
				return err
			}
		}
	}
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
