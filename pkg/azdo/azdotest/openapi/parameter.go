package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// parameter is one in the path or the query.
type parameter struct {
	in, name, kind, format string
	required               bool
	several                bool // may be there more than once
	values                 []string
}

func newParameter(described map[string]any) parameter {
	text := func(member string) string {
		s, _ := described[member].(string)
		return s
	}
	required, _ := described["required"].(bool)
	p := parameter{in: text("in"), name: text("name"), kind: text("type"), format: text("format"), required: required}
	p.several = p.kind == "array"
	for _, v := range array(described["enum"]) {
		if s, ok := v.(string); ok {
			p.values = append(p.values, s)
		}
	}
	return p
}

// refuses says what is wrong with a value, or nothing.
func (p *parameter) refuses(value string) string {
	if len(p.values) > 0 {
		if !slices.Contains(p.values, value) {
			return fmt.Sprintf("%q is none of %s", value, strings.Join(p.values, ", "))
		}
		return ""
	}
	if list, found := strings.CutPrefix(p.format, "array ("); found {
		for item := range strings.SplitSeq(value, ",") {
			if reason := refusal("integer", strings.TrimSuffix(list, ")"), item); list == "int32)" && reason != "" {
				return reason
			}
		}
		return ""
	}
	return refusal(p.kind, p.format, value)
}

// refusal says what is wrong with a value of a type and a format.
func refusal(kind, format, value string) string {
	var err error
	switch {
	case kind == "integer" && format == "int32":
		_, err = strconv.ParseInt(value, 10, 32)
	case kind == "integer":
		_, err = strconv.ParseInt(value, 10, 64)
	case kind == "boolean" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false"):
		return fmt.Sprintf("%q is neither true nor false", value)
	case format == "uuid" && (len(value) != 36 || uuid.Validate(value) != nil):
		return fmt.Sprintf("%q is no GUID", value)
	case format == "date-time":
		_, err = time.Parse(time.RFC3339Nano, value)
	}
	if err != nil {
		return fmt.Sprintf("%q is no %s", value, format)
	}
	return ""
}

func keys(query url.Values) []string {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	return names
}
