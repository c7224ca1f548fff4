package agent

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestHider(t *testing.T) {
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
			if got := NewHider(tt.secrets...).Hide(tt.text); got != tt.want {
				t.Errorf("got %.200q, want %q", got, tt.want)
			}
		})
	}
	if got := (Hider{}).Hide("x"); got != "x" {
		t.Errorf("the zero value turns x into %q", got)
	}
}
