package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Fault is one thing that is wrong with the inputs or with the environment.
type Fault struct {
	// Input is the input's name as people type it; "" for a fault of the environment.
	Input string
	// Message says what is wrong and what is allowed. It may quote foreign text, cut to a readable length.
	Message string
}

// Error is one line: the input, what is wrong, what is allowed.
func (f Fault) Error() string {
	if f.Input == "" {
		return f.Message
	}
	return f.Input + ": " + f.Message
}

// Faults takes the error of Load apart. It returns nil for an error that holds no Fault.
func Faults(err error) []Fault {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []Fault
		for _, one := range joined.Unwrap() {
			all = append(all, Faults(one)...)
		}
		return all
	}
	if fault, ok := errors.AsType[Fault](err); ok {
		return []Fault{fault}
	}
	return nil
}

// faults collects. The zero value is ready.
type faults struct{ all []Fault }

func (f *faults) add(input, format string, args ...any) {
	f.all = append(f.all, Fault{Input: input, Message: fmt.Sprintf(format, args...)})
}

// environment adds a fault that no input is to blame for.
func (f *faults) environment(format string, args ...any) { f.add("", format, args...) }

// perInput is how many faults of one input are spelled out; a list of thousands of wrong items says no more than that.
const perInput = 10

// err joins the faults: inputs in the order of the names, then the environment.
func (f *faults) err(names []string) error {
	place := func(fault Fault) int {
		if at := slices.Index(names, fault.Input); at >= 0 {
			return at
		}
		return len(names)
	}
	sorted := slices.Clone(f.all)
	slices.SortStableFunc(sorted, func(a, b Fault) int { return cmp.Compare(place(a), place(b)) })

	var errs []error
	for len(sorted) > 0 {
		input := sorted[0].Input
		end := slices.IndexFunc(sorted, func(fault Fault) bool { return fault.Input != input })
		if end < 0 {
			end = len(sorted)
		}
		group := sorted[:end]
		sorted = sorted[end:]
		if input != "" && len(group) > perInput {
			more := Fault{Input: input, Message: fmt.Sprintf("%d more items are wrong in the same way", len(group)-perInput)}
			group = append(slices.Clone(group[:perInput]), more)
		}
		for _, fault := range group {
			errs = append(errs, fault)
		}
	}
	return errors.Join(errs...)
}

// quoted is how many characters of a foreign value a message shows.
const quoted = 80

func quote(value string) string { return strconv.Quote(clip(value, quoted)) }

func clip(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
