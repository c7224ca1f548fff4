package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// format is the version of the format that this package reads.
const format = 1

// Recording is what one run of the task was answered.
type Recording struct {
	// Version is that of the program that was recorded, At the time by which its rules judged.
	Version string
	At      time.Time
	// Torn says that the run died while it wrote the last line, which is left out.
	Torn bool

	run       run
	inputs    map[string]string
	exchanges []exchange
	raw       []byte
}

// head is the first line.
type head struct {
	Recording int               `json:"recording"`
	Version   string            `json:"version"`
	At        time.Time         `json:"at"`
	Run       run               `json:"run"`
	Inputs    map[string]string `json:"inputs"`
}

// run is what the run's environment said, as far as the task reads it.
type run struct {
	Project    project     `json:"project"`
	Repository *repository `json:"repository"` // nil where the run had none in Azure Repos
	Validates  int         `json:"validates"`  // the pull request that the run validated
	Pipeline   int         `json:"pipeline"`
	Slice      []int       `json:"slice"`   // position and total of the job
	Foreign    bool        `json:"foreign"` // the run worked in another organization than its own
}

type project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type repository struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Project project `json:"project"`
}

// exchange is one try of one request.
type exchange struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // below the collection
	Query   map[string]string `json:"query"`
	Status  int               `json:"status"`
	Fault   string            `json:"fault"` // why no whole answer came
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Text    *string           `json:"text"` // in place of Body
}

// Read reads a recording. What is wrong with it is one error that names the line.
func Read(r io.Reader) (*Recording, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	result := &Recording{raw: all}
	lines := bufio.NewReader(bytes.NewReader(all))
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil { // the end; a line without an end is torn
			result.Torn = len(line) > 0
			if n == 1 {
				return nil, errors.New("this is no recording: it has no whole line")
			}
			return result, nil
		}
		if n == 1 {
			err = result.readHead(line)
		} else {
			err = result.readExchange(n, line)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *Recording) readHead(line []byte) error {
	var h head
	err := json.Unmarshal(line, &h)
	switch {
	case err != nil || h.Recording == 0:
		return errors.New(`this is no recording: its first line does not begin with {"recording":1`)
	case h.Recording != format:
		return fmt.Errorf("this recording has format %d, and this program reads %d: use the sources of the task that wrote it, %s", h.Recording, format, h.Version)
	case h.At.IsZero():
		return errors.New("line 1 is damaged: the time is missing")
	case len(h.Run.Slice) != 0 && len(h.Run.Slice) != 2:
		return errors.New("line 1 is damaged: a slice is a position and a total")
	}
	r.Version, r.At, r.run, r.inputs = h.Version, h.At, h.Run, h.Inputs
	return nil
}

func (r *Recording) readExchange(n int, line []byte) error {
	var e exchange
	err := json.Unmarshal(line, &e)
	switch {
	case err != nil:
		return fmt.Errorf("line %d is damaged: %w", n, err)
	case e.Method == "" || e.Path == "":
		return fmt.Errorf("line %d is damaged: it names no request", n)
	case e.Fault == "" && (e.Status < 200 || e.Status > 599):
		return fmt.Errorf("line %d is damaged: %d is no status of an answer", n, e.Status)
	}
	r.exchanges = append(r.exchanges, e)
	return nil
}

// body is what is sent.
func (e *exchange) body() []byte {
	if e.Text != nil {
		return []byte(*e.Text)
	}
	return e.Body
}
