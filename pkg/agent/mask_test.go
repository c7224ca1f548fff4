package agent

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

func TestMasker(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("aB3", 10) + strings.Repeat("~9_", 2000)
	encoded := base64.StdEncoding.EncodeToString([]byte(long))
	tests := []struct {
		name    string
		secrets []Secret
		text    string
		want    string
	}{
		{"none", nil, "a secret", "a secret"},
		{"whole", []Secret{"secret"}, "a secret, two secrets", "a ***, two ***s"},
		{"too short", []Secret{"key"}, "a key", "a key"},
		{"the longest first", []Secret{"secret", "secret-2"}, "secret-2", "***"},
		{"the longest first, whatever comes first", []Secret{"hunter2secret", "hunter"}, "hunter2secret, hunter2, hunter", "***, ***2, ***"},
		{"the longer one alone", []Secret{"hunter2secret"}, "hunter2secre, hunter", "hunter2secre, hunter"},
		{"two that overlap", []Secret{"abcdef", "defghi"}, "-abcdefghi-", "-***-"},
		{"one that overlaps itself", []Secret{"abab1abab"}, "abab1abab1abab", "***"},
		{"two that touch", []Secret{"abcd", "efgh"}, "abcdefgh abcd efgh", "*** *** ***"},
		{"a mask that completes another", []Secret{"abcd", "x***y"}, "xabcdy", "***"},
		{"asterisks", []Secret{"****"}, "*****", "***"},
		{"in another case", []Secret{"secret"}, "Secret", "Secret"},
		{"several lines", []Secret{"first\nsecond"}, "first\nsecond, first, second.", "***, ***, ***."},
		{"several short lines", []Secret{"ab\ncd\r\nef"}, "ab\ncd\r\nef", "***"},
		{"several short lines, on one", []Secret{"ab\ncd\r\nef"}, "it is ab cd ef.", "it is ***."},
		{"one of several short lines", []Secret{"ab\ncd\r\nef"}, "ab cd", "ab cd"},
		{"a line end around it", []Secret{"secret\r\n"}, "a secret", "a ***"},
		{"the braces of a key file", []Secret{"{\n  \"key\": 1\n}"}, "{}, {\"key\": 1}", "{}, {***}"},
		{"a line of several in base64", []Secret{"first\nsecond"}, "c2Vjb25k", "***"},
		{"in a URL", []Secret{"p@ss w/rd"}, "p%40ss+w%2Frd p@ss%20w%2Frd p%40ss w", "*** *** p%40ss w"},
		{"in JSON", []Secret{`a"b<c`}, `a\"b<c a\"b\u003cc`, "*** ***"},
		{"with an invisible character", []Secret{"ab\u00adcd"}, "ab cd", "***"},
		{"blanks around it", []Secret{" secret "}, "a secret", "a ***"},
		{"nothing but blanks", []Secret{" \r\n ", ""}, "a   b", "a   b"},
		{"base64 for URLs", []Secret{"???>>>"}, "Pz8_Pj4-", "***"},
		{"base64", []Secret{"p@ss"}, "Basic OnBAc3M= or OnBAc3M", "Basic *** or ***"},
		{"a long one", []Secret{Secret(long)}, "Bearer " + long + ".", "Bearer ***."},
		{"a long one that was cut", []Secret{Secret(long)}, "Bearer " + long[:200] + "… Bearer " + long[:hiddenHead], "Bearer ***… Bearer ***"},
		{"a long one that goes on differently", []Secret{Secret(long)}, long[:100] + "!" + long[:30] + "?", "***!***?"},
		{"a long one in base64 that was cut", []Secret{Secret(long)}, "Basic " + encoded[:150] + "…", "Basic ***…"},
		{"what does not yet give it away", []Secret{Secret(long)}, long[:hiddenHead-1], long[:hiddenHead-1]},
		{"the beginning of a short one", []Secret{"a-short-secret-that-is-not-that-long"}, "a-short-secret-that-is-not", "a-short-secret-that-is-not"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m Masker
			for _, secret := range tt.secrets {
				m.Add(secret)
			}
			if got := m.Hide(tt.text); got != tt.want {
				t.Errorf("got %.200q, want %q", got, tt.want)
			}
		})
	}
	var none Masker
	if got := none.Hide("x"); got != "x" {
		t.Errorf("the zero value turns x into %q", got)
	}
}

func TestMaskerTells(t *testing.T) {
	t.Parallel()
	var m Masker
	tests := []struct {
		name   string
		secret Secret
		want   []string
	}{
		{"each form", "p@ss", []string{"p@ss", "p%40ss", "cEBzcw==", "OnBAc3M="}},
		{"not again", "p@ss", nil},
		{"a short one, which the agent masks", "x", []string{"x", "eA==", "Ong="}},
		{"line by line, and on one line", "one\nfive\n", []string{"five", "one%0Afive", "b25lCmZpdmU=", "Om9uZQpmaXZl", "one five"}},
		{"nothing", "\n", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, m.Add(tt.secret)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// FuzzMasker: whatever the secrets and the text are, no whole secret is left, and nothing is lost but what was a secret.
func FuzzMasker(f *testing.F) {
	f.Add("hunter", "hunter2secret", "hunter2secret and hunter")
	f.Add("ab\ncd", "bcda", "ab\ncd ab cdab")
	f.Add("x***y", "abcd", "xabcdy")
	f.Add(strings.Repeat("aB3", 30), "****", "Bearer "+strings.Repeat("aB3", 31))
	f.Add("p@ss", ":p@ss", "OnBAc3M=OnBAc3M6cEBzcw==")
	f.Fuzz(func(t *testing.T, one, two, text string) {
		var m Masker
		m.Add(Secret(one), Secret(two))
		got := m.Hide(text)
		for _, secret := range []string{one, two} {
			for _, form := range encoded(secret) {
				if len(form) >= minHidden && strings.TrimSpace(form) != "" && strings.Contains(got, form) {
					t.Fatalf("Hide(%q) = %q shows %q", text, got, form)
				}
			}
		}
		if again := m.Hide(got); again != got {
			t.Fatalf("Hide(%q) = %q", got, again)
		}
		if rest := strings.Split(got, mask); len(rest) == 1 && got != text {
			t.Fatalf("Hide(%q) = %q without a mask", text, got)
		} else if !strings.HasPrefix(text, rest[0]) && !strings.Contains(text, "*") {
			t.Fatalf("Hide(%q) begins with %q", text, rest[0])
		}
	})
}

// FuzzLogHides: nor is one left in any line, whatever a line is made of.
func FuzzLogHides(f *testing.F) {
	f.Add("hunter2secret", "hunter2secret and hunter")
	f.Add("# #x", "##x")
	f.Add("ab cd", "ab\u00adcd")
	f.Add("secret", strings.Repeat("x", 995)+"secret")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if secret = strings.TrimSpace(secret); len(secret) < minHidden {
			return
		}
		for _, onAgent := range []bool{true, false} {
			l, out := newLog(LogOptions{Agent: onAgent, Debug: true})
			l.Mask(Secret(secret))
			begin := out.Len()
			l.Line("%s", text)
			l.Debugf("%s", text)
			for range maxIssues + 1 {
				l.Error(text)
			}
			l.FlushIssues()
			l.CompleteWithIssues(text)
			for line := range strings.Lines(out.String()[begin:]) {
				line = strings.TrimSuffix(line, "\n")
				// What is ours may be what somebody takes for a secret.
				_, foreign, _ := strings.Cut(line, "]")
				if c, ok := agenttest.ParseCommand(line); ok {
					foreign = c.Data
				} else if !onAgent {
					foreign = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(line, "debug: "), "Error: "), "Succeeded with issues: ")
				}
				if strings.Contains(foreign, secret) && !strings.Contains("2 more: ", secret) {
					t.Fatalf("the line %q shows %q", line, secret)
				}
			}
		}
	})
}

// encoded are the forms of a secret in which it must not be seen, worked out by other means than those of the package.
func encoded(secret string) []string {
	secret = strings.Trim(secret, "\r\n")
	if secret == "" {
		return nil
	}
	return []string{
		secret, strings.TrimSpace(secret), url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(":" + secret)),
	}
}
