package azdo

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// notes are what was noted about an answer on its way to a typed method of the SDK, which shows no header and
// gives up at the first field of an odd type.
type notes struct {
	// odd are the fields that the SDK's type cannot take, by their paths: "context.isExpired", "3.name" for the fourth
	// of a list. They are left out of what the SDK reads.
	odd map[string]bool
	// members are the names in the answer's outermost object.
	members map[string]bool
	// none says that the answer had no content, or was null.
	none bool
	// json says that an answer that may be text was announced as JSON.
	json bool
}

// is reports whether one of these fields was odd.
func (f *notes) is(path string) bool { return f.odd[path] }

// any reports whether a field of one of these names was odd, of whatever element of a list.
func (f *notes) any(names ...string) bool {
	for odd := range f.odd {
		if slices.Contains(names, odd[strings.LastIndexByte(odd, '.')+1:]) {
			return true
		}
	}
	return false
}

var errNoObject = errors.New("it is no object")

// fitted reads an answer that a method of the SDK decodes into this type, and returns it as the SDK is to see it: only
// members that the type has, each of the type that it has there. So one odd field costs itself and not the answer; and an
// answer that lacks its list, or is no object, is an error here and no empty value there. Errors of the syntax come first.
func fitted(r io.Reader, t reflect.Type) ([]byte, *notes, error) {
	f := &fitting{notes: notes{odd: map[string]bool{}, members: map[string]bool{}}}
	f.d = jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var err error
	if element, list := elementOf(t); list {
		err = f.listAnswer(element)
	} else {
		err = f.oneAnswer(t)
	}
	if err != nil {
		return nil, nil, err
	}
	switch _, err := f.d.ReadToken(); {
	case err == nil:
		return nil, nil, errTrailing
	case !errors.Is(err, io.EOF):
		return nil, nil, err
	}
	return f.out, &f.notes, nil
}

// elementOf is the type of a list's elements, where a method returns a list, alone or with its continuation token.
func elementOf(t reflect.Type) (reflect.Type, bool) {
	if value, ok := fieldOf(t, "Value"); ok {
		if _, pages := fieldOf(t, "ContinuationToken"); pages {
			t = value.Type
		}
	}
	if t.Kind() != reflect.Slice {
		return nil, false
	}
	return t.Elem(), true
}

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	return t.FieldByName(name)
}

type fitting struct {
	notes
	d    *jsontext.Decoder
	out  []byte
	path []string
}

func (f *fitting) isOdd() { f.odd[strings.Join(f.path, ".")] = true }

func (f *fitting) oneAnswer(t reflect.Type) error {
	kind := f.d.PeekKind()
	if kind == jsontext.KindBeginObject {
		return f.object(t)
	}
	if kind == jsontext.KindNull {
		f.none, f.out = true, []byte("null")
		return f.d.SkipValue()
	}
	return errors.Join(f.d.SkipValue(), errNoObject)
}

// listAnswer reads {"value":[...]}.
func (f *fitting) listAnswer(element reflect.Type) error {
	if f.d.PeekKind() != jsontext.KindBeginObject {
		return errors.Join(f.d.SkipValue(), errNoList)
	}
	if _, err := f.d.ReadToken(); err != nil {
		return err
	}
	found := false
	for f.d.PeekKind() != jsontext.KindEndObject {
		name, err := f.d.ReadValue()
		if err != nil {
			return err
		}
		plain, _ := unquote(name)
		switch {
		case string(plain) != "value":
			err = f.d.SkipValue()
		case found || f.d.PeekKind() != jsontext.KindBeginArray:
			return errors.Join(f.d.SkipValue(), errNoList)
		default:
			found = true
			f.out = append(f.out, `{"value":`...)
			err = f.array(element, true)
			f.out = append(f.out, '}')
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return errNoList
	}
	_, err := f.d.ReadToken()
	return err
}

// array reads an array that has not begun yet. In the list of an answer each element has to be an object; elsewhere one
// that does not fit makes the array odd and leaves an empty one in its place.
func (f *fitting) array(element reflect.Type, answer bool) error {
	f.out = append(f.out, '[')
	n := 0
	err := elements(f.d, func() error {
		if n > 0 {
			f.out = append(f.out, ',')
		}
		if kind := f.d.PeekKind(); answer && kind == jsontext.KindNull {
			return errors.Join(f.d.SkipValue(), errNull)
		} else if answer && isObject(element) && kind != jsontext.KindBeginObject {
			return errors.Join(f.d.SkipValue(), errNoItem)
		}
		depth := len(f.path)
		if answer {
			f.path = append(f.path, strconv.Itoa(n))
		}
		n++
		fits, err := f.value(element)
		f.path = f.path[:depth]
		if !fits {
			f.out = append(f.out, "null"...)
		}
		return err
	})
	f.out = append(f.out, ']')
	return err
}

func isObject(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != timeType }

var (
	timeType      = reflect.TypeFor[azuredevops.Time]()
	guidType      = reflect.TypeFor[uuid.UUID]()
	untypedObject = reflect.TypeFor[map[string]any]()
)

// value reads the next value and writes it where it fits the type. Null and what is odd are not written.
func (f *fitting) value(t reflect.Type) (fits bool, err error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch kind := f.d.PeekKind(); {
	case kind == jsontext.KindNull:
		return false, f.d.SkipValue()
	case t == timeType, t == guidType:
	case t.Kind() == reflect.Struct && kind == jsontext.KindBeginObject:
		return true, f.object(t)
	case t.Kind() == reflect.Map && kind == jsontext.KindBeginObject:
		return true, f.object(t)
	case t.Kind() == reflect.Slice && kind == jsontext.KindBeginArray:
		return true, f.array(t.Elem(), false)
	case t.Kind() == reflect.Interface && kind == jsontext.KindBeginObject:
		return true, f.object(untypedObject)
	case t.Kind() == reflect.Interface && kind == jsontext.KindBeginArray:
		return true, f.array(t, false)
	}
	v, err := f.d.ReadValue()
	if err != nil {
		return false, err
	}
	before := len(f.out)
	if f.out, fits = appendFitting(f.out, t, v); !fits {
		f.out = f.out[:before]
		f.isOdd()
	}
	return fits, nil
}

// appendFitting appends a value that is neither an object nor an array, as the SDK reads it; false if it cannot.
func appendFitting(out []byte, t reflect.Type, v jsontext.Value) ([]byte, bool) {
	fits := false
	switch {
	case t == timeType:
		// The SDK knows fewer spellings than the service has.
		plain, isText := unquote(v)
		at, ok := parseTime(strings.TrimSpace(string(plain)))
		if !isText || !ok {
			return out, false
		}
		if at.Year() > 9999 { // the last day for ever, written in a zone to the west
			at = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		}
		return strconv.AppendQuote(out, at.Format(time.RFC3339Nano)), true
	case t == guidType:
		plain, _ := unquote(v)
		_, err := uuid.ParseBytes(plain)
		fits = err == nil && len(plain) == 36
	case t.Kind() == reflect.Interface:
		fits = true
		if _, err := strconv.ParseFloat(string(v), 64); v.Kind() == jsontext.KindNumber && err != nil {
			// The SDK gives up at a number that no float64 holds. This one no field takes either, of whatever type.
			return append(out, "-1e308"...), true
		}
	case t.Kind() == reflect.String:
		fits = v.Kind() == jsontext.KindString
	case t.Kind() == reflect.Bool:
		fits = v.Kind() == jsontext.KindTrue || v.Kind() == jsontext.KindFalse
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Float32:
		_, err := strconv.ParseFloat(string(v), 64)
		fits = err == nil
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		// No number of the service is larger, and an int of 32 bits could not hold it.
		_, err := strconv.ParseInt(string(v), 10, 32)
		fits = err == nil
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		_, err := strconv.ParseUint(string(v), 10, min(t.Bits(), 63))
		fits = err == nil
	}
	return append(out, v...), fits
}

// object reads an object that has not begun yet, for a struct or for a map from text.
func (f *fitting) object(t reflect.Type) error {
	if _, err := f.d.ReadToken(); err != nil {
		return err
	}
	outermost := len(f.out) == 0
	f.out = append(f.out, '{')
	var begins []int // of the members that are written, each with a comma at its end
	written := map[string]int{}
	for f.d.PeekKind() != jsontext.KindEndObject {
		raw, err := f.d.ReadValue()
		if err != nil {
			return err
		}
		plain, _ := unquote(raw)
		name := string(plain)
		if outermost {
			f.members[name] = true
		}
		member, known := memberOf(t, name)
		if !known {
			if err := f.d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if i, again := written[name]; again {
			f.takeOut(begins, i)
			delete(written, name)
		}
		before, depth := len(f.out), len(f.path)
		f.out = append(append(f.out, raw...), ':')
		f.path = append(f.path, name)
		fits, err := f.value(member)
		f.path = f.path[:depth]
		if err != nil {
			return err
		}
		if !fits {
			f.out = f.out[:before]
			continue
		}
		f.out = append(f.out, ',')
		written[name] = len(begins)
		begins = append(begins, before)
	}
	f.out = append(bytes.TrimSuffix(f.out, []byte{','}), '}')
	_, err := f.d.ReadToken()
	return err
}

// takeOut takes the i-th member of the object out again, since the last of two of one name counts: the SDK would put them
// together. Its place is kept, empty.
func (f *fitting) takeOut(begins []int, i int) {
	end := len(f.out)
	if i+1 < len(begins) {
		end = begins[i+1]
	}
	size := end - begins[i]
	f.out = slices.Delete(f.out, begins[i], end)
	for j := i + 1; j < len(begins); j++ {
		begins[j] -= size
	}
}
