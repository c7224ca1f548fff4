package agent

import (
	"cmp"
	"slices"
	"strings"
)

// hiddenHead is how much of a secret gives it away: whatever begins like one is hidden as far as it goes on like it.
// Texts are cut before they are shown, and half a token is more than anybody should see.
const hiddenHead = 24

// Hider takes secrets out of texts, whole ones in each encoded form and the beginnings of long ones. The zero value
// hides nothing.
type Hider struct {
	whole *strings.Replacer
	long  []string
}

// NewHider hides secrets. Those of less than four characters are left alone: hiding them would garble every text.
func NewHider(secrets ...Secret) Hider {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, maskable(secret.Reveal())...)
	}
	return hiderOf(forms)
}

func hiderOf(forms []string) Hider {
	forms = slices.Clone(forms)
	for _, form := range forms {
		forms = append(forms, strings.TrimRight(form, "=")) // base64 without its padding
	}
	// The longest first: a secret may hold another one.
	forms = slices.SortedFunc(slices.Values(forms), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var h Hider
	var pairs []string
	for _, form := range slices.Compact(forms) {
		if len(form) >= minHidden {
			pairs = append(pairs, form, "***")
		}
		if len(form) > 2*hiddenHead {
			h.long = append(h.long, form)
		}
	}
	h.whole = strings.NewReplacer(pairs...)
	return h
}

// Hide returns the text with "***" in place of secrets.
func (h Hider) Hide(text string) string {
	if h.whole == nil {
		return text
	}
	text = h.whole.Replace(text)
	for _, secret := range h.long {
		if strings.Contains(text, secret[:hiddenHead]) {
			text = hideHead(text, secret)
		}
	}
	return text
}

// hideHead hides whatever begins like the secret.
func hideHead(text, secret string) string {
	head, tail := secret[:hiddenHead], secret[hiddenHead:]
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, head)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("***")
		n := 0
		for n < min(len(tail), len(rest)) && rest[n] == tail[n] {
			n++
		}
		text = rest[n:]
	}
}
