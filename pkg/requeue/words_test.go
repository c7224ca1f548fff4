package requeue

import (
	"testing"
	"time"
)

func TestPlural(t *testing.T) {
	t.Parallel()
	tests := []struct {
		n    int
		noun string
		want string
	}{
		{0, "evaluation", "0 evaluations"},
		{1, "evaluation", "1 evaluation"},
		{2, "repository", "2 repositories"},
		{1, "retry", "1 retry"},
		{11, "log line", "11 log lines"},
	}
	for _, tt := range tests {
		if got := Plural(tt.n, tt.noun); got != tt.want {
			t.Errorf("Plural(%d, %q) = %q, want %q", tt.n, tt.noun, got, tt.want)
		}
	}
	if Was(1) != "was" || Was(0) != "were" || Was(2) != "were" {
		t.Error("Was does not follow the number")
	}
}

func TestShortDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 10 * time.Second: "10s", 90 * time.Second: "1m30s", 10 * time.Minute: "10m", 2 * time.Hour: "2h", 2*time.Hour + time.Second: "2h0m1s",
	} {
		if got := ShortDuration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
