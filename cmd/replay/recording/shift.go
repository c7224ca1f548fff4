package recording

import (
	"regexp"
	"strconv"
	"time"
)

// date is a whole JSON text that is a date. Texts of people are stand-ins, which never look like one.
var date = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?"`)

// shift moves every date in JSON.
func shift(body []byte, by time.Duration) []byte {
	return date.ReplaceAllFunc(body, func(text []byte) []byte {
		moved, ok := shiftDate(string(text[1:len(text)-1]), by)
		if !ok {
			return text
		}
		return []byte(`"` + moved + `"`)
	})
}

// shiftDate moves one date and keeps its form. The first years stand for "never", and the last ones for "always".
func shiftDate(text string, by time.Duration) (string, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		at, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if at.Year() < 1900 || at.Year() > 9000 {
			return text, true
		}
		return at.Add(by).Format(layout), true
	}
	return text, false
}

// shiftHeader moves the date in a header.
func shiftHeader(name, value string, by time.Duration) string {
	if at, err := time.Parse(time.RFC1123, value); err == nil {
		return at.Add(by).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	}
	if at, err := strconv.ParseInt(value, 10, 64); err == nil && name == "X-RateLimit-Reset" {
		return strconv.FormatInt(time.Unix(at, 0).Add(by).Unix(), 10)
	}
	return value
}
