package agent

import (
	"fmt"
	"log/slog"
)

// Secret is a text that is not shown when it is printed. Only Reveal returns the value.
type Secret string

const hidden = "***"

// Reveal is the value, for the one place that sends or masks it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string { return hidden }

// GoString hides the value.
func (s Secret) GoString() string { return hidden }

// Format hides the value from every verb of package fmt, %x and %d too.
func (s Secret) Format(state fmt.State, _ rune) {
	// A printer cannot be told of a failed write.
	_, _ = state.Write([]byte(hidden))
}

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

var (
	_ fmt.Formatter  = Secret("")
	_ fmt.GoStringer = Secret("")
	_ slog.LogValuer = Secret("")
)
