package main

import "testing"

func TestExitCode(t *testing.T) {
	t.Parallel()
	launched := map[string]string{launcherVariable: "1"}
	for _, tt := range []struct {
		code int
		goos string
		env  map[string]string
		want int
	}{
		{0, "windows", launched, 0},
		{1, "windows", launched, 1},
		{2, "windows", launched, 102},
		{2, "windows", nil, 2},
		{2, "linux", launched, 2},
	} {
		if got := exitCode(tt.code, tt.goos, tt.env); got != tt.want {
			t.Errorf("exitCode(%d, %s, %v) = %d, want %d", tt.code, tt.goos, tt.env, got, tt.want)
		}
	}
}
