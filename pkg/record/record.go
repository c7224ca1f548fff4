package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Recorder writes a recording. Its methods may be called from several goroutines.
type Recorder struct {
	mu      sync.Mutex
	w       io.Writer
	neutral neutral
	lines   int
	stopped bool
}

// New makes a recorder. own are texts of ours, such as the marker of our comments, that pass where a comment holds them.
func New(w io.Writer, own ...string) *Recorder {
	return &Recorder{w: w, neutral: newNeutral(own)}
}

// Exchange is one try of one request, and its answer.
type Exchange struct {
	// At is when the answer had come, Took how long that took.
	At   time.Time
	Took time.Duration
	// Method, Path (below the collection, as it was sent) and Query are the request; What is the client's own word for it.
	Method, What, Path string
	Query              url.Values
	// Request is the body that was sent, JSON; nil is none.
	Request []byte
	// Status is the answer's; 0 where there was none.
	Status int
	// Fault is the client's own word for what kept the answer from coming whole; "" where it came.
	Fault string
	// Header returns a header of the answer; nil where there was none.
	Header func(name string) string
	// Body is the answer's body. It is read before Add returns and not kept.
	Body []byte
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// version is the version of the format.
const version = 1

// timeFormat is for our own times.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Add writes one exchange. After an error it writes nothing more, and only the first error is returned.
func (r *Recorder) Add(e Exchange) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		if problem := recover(); problem != nil { // a run must not end because of its recording
			r.stopped, err = true, fmt.Errorf("internal error: %v", problem)
		}
	}()
	if r.stopped {
		return nil
	}
	r.lines++
	n := &r.neutral
	line := append([]byte(`{"n":`), strconv.Itoa(r.lines)...)
	line = quote(append(line, `,"at":`...), e.At.UTC().Format(timeFormat))
	line = strconv.AppendInt(append(line, `,"ms":`...), e.Took.Milliseconds(), 10)
	line = quote(append(line, `,"method":`...), e.Method)
	line = quote(append(line, `,"what":`...), e.What)
	line = quote(append(line, `,"path":`...), n.path(e.Path))
	if len(e.Query) > 0 {
		line = n.query(append(line, `,"query":`...), e.Query)
	}
	if len(e.Request) > 0 {
		line = n.body(line, "request", e, e.Request)
	}
	if e.Status != 0 {
		line = strconv.AppendInt(append(line, `,"status":`...), int64(e.Status), 10)
	}
	if e.Fault != "" {
		line = quote(append(line, `,"fault":`...), e.Fault)
	}
	if e.Header != nil {
		line = n.headers(append(line, `,"headers":`...), e.Header)
	}
	if e.Body = bytes.TrimLeft(bytes.TrimPrefix(e.Body, byteOrderMark), " \t\r\n"); len(e.Body) > 0 {
		line = n.answer(line, e)
	}
	return r.write(append(line, '}'))
}

// write writes a line at once, so that a run that dies leaves what it had.
func (r *Recorder) write(line []byte) error {
	_, err := r.w.Write(append(line, '\n'))
	r.stopped = err != nil
	return err
}

// answer appends the body of an answer: JSON as JSON, a log and everything else as a text.
func (n *neutral) answer(line []byte, e Exchange) []byte {
	contentType := ""
	if e.Header != nil {
		contentType = strings.ToLower(e.Header("Content-Type"))
	}
	first := e.Body[0]
	isLog := e.What == whatLog && !strings.Contains(contentType, "json")
	isObject := first == '{' || first == '['
	switch {
	case strings.Contains(contentType, "html") && !isObject, first == '<' && !isLog:
		return quote(append(line, `,"text":`...), "<html></html>")
	case isLog:
		return quote(append(line, `,"text":`...), n.log(string(e.Body)))
	case strings.Contains(contentType, "text/plain") && !isObject:
		return quote(append(line, `,"text":`...), n.message(string(e.Body)))
	}
	return n.body(line, "body", e, e.Body)
}

// The client's words for two of its requests, see Exchange.What.
const (
	whatLog       = "log"
	whatLocations = "locations"
)

// body appends JSON, or what stands for a text that is none: one that ends too early, or one with a fault in it.
func (n *neutral) body(line []byte, name string, e Exchange, text []byte) []byte {
	if e.What == whatLocations {
		text = needed(text)
	}
	mark := len(line)
	out, err := n.json(append(line, `,"`+name+`":`...), text, ownerOf(e.What, ""))
	switch {
	case err == nil:
		return out
	case errors.Is(err, io.ErrUnexpectedEOF):
		return append(line[:mark], `,"text":"{"`...)
	}
	return append(line[:mark], `,"text":"{]"`...)
}

// needed leaves those entries of the table of locations that the product asks for, 17 of about 770.
func needed(table []byte) []byte {
	var answer struct {
		Value []json.RawMessage `json:"value"`
	}
	if json.Unmarshal(table, &answer) != nil || answer.Value == nil {
		return table
	}
	kept := [][]byte{}
	for _, entry := range answer.Value {
		var l struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(entry, &l) != nil || passingGUIDs()[strings.ToLower(l.ID)] {
			kept = append(kept, entry)
		}
	}
	return append(append([]byte(`{"value":[`), bytes.Join(kept, []byte(","))...), "]}"...)
}

// log replaces each line by itself.
func (n *neutral) log(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(n.name(kindText, strings.TrimRight(line, "\r\n")))
		out.WriteByte('\n')
	}
	return out.String()
}

// headers appends the headers that the rules read.
func (n *neutral) headers(to []byte, header func(name string) string) []byte {
	to = append(to, '{')
	first := true
	for _, name := range []string{
		"Content-Type", "Date", "Location", "Retry-After", "X-MS-ContinuationToken", "X-RateLimit-Delay", "X-RateLimit-Limit",
		"X-RateLimit-Remaining", "X-RateLimit-Reset", "X-TFS-ServiceError",
	} {
		value := header(name)
		if value = n.header(name, value); value == "" {
			continue
		}
		if !first {
			to = append(to, ',')
		}
		first = false
		to = quote(append(quote(to, name), ':'), value)
	}
	return append(to, '}')
}

// header is the neutral form of a header; "" leaves it out.
func (n *neutral) header(name, value string) string {
	switch {
	case value == "":
		return ""
	case name == "Content-Type":
		return mediaType(strings.ToLower(value))
	case name == "Location":
		return redirect(value)
	case name == "X-MS-ContinuationToken":
		return n.argument("continuationToken", value)
	case name == "X-TFS-ServiceError":
		return n.message(value)
	case isDecimal(value), isHTTPDate(value) && (name == "Date" || name == "Retry-After"):
		return value
	}
	return ""
}

// mediaType is the kind of a Content-Type.
func mediaType(value string) string {
	for _, kind := range []string{"application/json", "text/plain", "text/html"} {
		if _, word, _ := strings.Cut(kind, "/"); strings.Contains(value, word) {
			return kind
		}
	}
	return "other/other"
}

// redirect says whether an answer points to another host, and whether to a sign-in page.
func redirect(location string) string {
	target, err := url.Parse(location)
	if err != nil {
		return "/"
	}
	host, path := strings.ToLower(target.Hostname()), "/"
	if strings.Contains(strings.ToLower(target.Path), "_signin") || strings.HasPrefix(host, "login.") ||
		strings.HasSuffix(host, ".vssps.visualstudio.com") || host == "vssps.dev.azure.com" {
		path = "/_signin"
	}
	if host == "" {
		return path
	}
	return "https://redirect.invalid" + path
}
