package agent

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	// minHidden is the shortest text that a Masker hides, in bytes. Shorter ones would garble every line and are left to
	// the agent.
	minHidden = 4
	// hiddenHead is how much of a long secret gives it away, in bytes: whatever begins like one is hidden as far as it goes
	// on like it. Texts are cut before they are shown, and half a token is more than anybody should see.
	hiddenHead = 24
	// mask stands in place of a secret, as in the agent's own log. It must be shorter than minHidden, so that each
	// replacement makes a text shorter.
	mask = "***"
)

// Masker takes secrets out of texts: whole, line by line, in each encoded form, and the beginnings of long ones. Where
// secrets overlap, all that belongs to one of them is hidden. The zero value hides nothing yet. It is safe for concurrent
// use.
type Masker struct {
	mu    sync.RWMutex
	told  []string // what Add has returned
	forms []string // what is hidden, the longest first
}

// Add hides secrets from now on. It returns what an agent has to be told of them, one line each, without what it was told
// before.
func (m *Masker) Add(secrets ...Secret) (untold []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, secret := range secrets {
		tell, hide := formsOf(secret.Reveal())
		for _, form := range tell {
			if !slices.Contains(m.told, form) {
				m.told = append(m.told, form)
				untold = append(untold, form)
			}
		}
		m.forms = append(m.forms, hide...)
	}
	// The longest first only saves work: the result is the same in every order.
	slices.SortFunc(m.forms, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	m.forms = slices.Compact(m.forms)
	return untold
}

// Hide returns the text with "***" in place of secrets. No form of a secret of at least four bytes is left in it.
func (m *Masker) Hide(text string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for {
		found := m.find(text)
		if len(found) == 0 {
			return text
		}
		// Once more: a secret may hold asterisks, so that the mask completes it. It ends, for the text gets shorter.
		text = blot(text, found)
	}
}

// span is a part of a text.
type span struct{ from, to int }

// find returns where secrets are, in no order, some more than once.
func (m *Masker) find(text string) []span {
	var found []span
	for _, form := range m.forms {
		head := form
		if len(form) > 2*hiddenHead {
			head = form[:hiddenHead]
		}
		for from := 0; ; {
			at := strings.Index(text[from:], head)
			if at < 0 {
				break
			}
			at += from
			end := at + len(head)
			for n := len(head); n < len(form) && end < len(text) && form[n] == text[end]; n++ {
				end++
			}
			found = append(found, span{at, end})
			from = at + 1 // it may overlap itself
		}
	}
	return found
}

// blot puts one mask in place of spans that touch each other.
func blot(text string, found []span) string {
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	out.Grow(len(text))
	end := -1 // of what is masked so far
	for _, s := range found {
		if s.from > end {
			out.WriteString(text[max(end, 0):s.from])
			out.WriteString(mask)
		}
		end = max(end, s.to)
	}
	out.WriteString(text[end:])
	return out.String()
}

// formsOf lists the forms in which a secret may turn up. tell is for the agent, which looks for one line at a time and
// knows how a secret looks within JSON and within a URL by itself (HostContext.cs, CreateSecretMasker); hide is for us.
func formsOf(secret string) (tell, hide []string) {
	secret = strings.Trim(secret, "\r\n")
	if strings.TrimSpace(secret) == "" {
		return nil, nil
	}
	add := func(forms *[]string, shortest int, texts ...string) {
		for _, text := range texts {
			if len(text) >= shortest && !slices.Contains(*forms, text) {
				*forms = append(*forms, text)
			}
		}
	}
	lines := strings.FieldsFunc(secret, func(r rune) bool { return r == '\r' || r == '\n' })
	if len(lines) > 1 {
		for _, line := range lines {
			add(&tell, minHidden, strings.TrimSpace(line)) // not the lone brace of a JSON key file
		}
	} else {
		add(&tell, 1, secret, strings.TrimSpace(secret))
	}
	add(&tell, 1, url.QueryEscape(secret), url.PathEscape(secret))
	add(&tell, minHidden, base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(":"+secret))) // as in "Basic", without a user name
	if len(lines) > 1 {
		add(&tell, minHidden, oneLine(secret))
	}

	add(&hide, minHidden, tell...)
	add(&hide, minHidden, secret, oneLine(secret))
	for _, part := range append(lines, secret) {
		if part = strings.TrimSpace(part); len(part) < minHidden {
			continue
		}
		add(&hide, minHidden, url.QueryEscape(part), url.PathEscape(part), inJSON(part, false), inJSON(part, true),
			base64.StdEncoding.EncodeToString([]byte(part)), base64.StdEncoding.EncodeToString([]byte(":"+part)),
			base64.URLEncoding.EncodeToString([]byte(part)))
	}
	for _, form := range hide {
		add(&hide, minHidden, strings.TrimRight(form, "=")) // base64 without its padding
	}
	return tell, hide
}

// oneLine is a secret as a text for people shows it, see Shorten.
func oneLine(secret string) string { return strings.Join(strings.Fields(Clean(secret)), " ") }

// inJSON is a text as it stands within a JSON string, as Go writes it, or other programs, which leave "<" as it is.
func inJSON(text string, escapeHTML bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escapeHTML)
	// A string has no way to fail.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), `"`), "\"\n")
}
