package azdo

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestTokenless: however an answer comes in, no token of it is left, and nothing else is lost.
func TestTokenless(t *testing.T) {
	t.Parallel()
	long := "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + strings.Repeat("pay_load-", 400) + ".sIgNaTuRe0123456789"
	same := strings.Repeat("a", 40)
	for _, tt := range []struct{ name, token, text, want string }{
		{"none", long, strings.Repeat("no token. ", 900), strings.Repeat("no token. ", 900)},
		{"nothing", long, "", ""},
		{"whole", long, "Bearer " + long + ".", "Bearer ***."},
		{"in the middle of a long line", long, strings.Repeat("x", 70000) + long + strings.Repeat("y", 70000), strings.Repeat("x", 70000) + "***" + strings.Repeat("y", 70000)},
		{"many", long, strings.Repeat(long+" ", 20), strings.Repeat("*** ", 20)},
		{"one behind the other", long, strings.Repeat(long, 20), strings.Repeat("***", 20)},
		{"cut at its head", long, "…" + long[50:] + " is it", "…*** is it"},
		{"cut at its tail", long, "it is " + long[:50] + "…", "it is ***…"},
		{"a piece at the end", long, "it is " + long[:30], "it is ***"},
		{"what only resembles it", long, long[:11] + " " + long[len(long)-11:], long[:11] + " " + long[len(long)-11:]},
		{"a token that repeats itself", same, strings.Repeat("a", 50) + "b", "***b"},
		{"a short token", "0123456789abcd", "0123456789abcd 0123456789abc 123456789abcd", "*** 0123456789abc 123456789abcd"},
		{"too short a token", "message", `{"message":""}`, `{"message":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, r := range map[string]io.Reader{
				"at once":               strings.NewReader(tt.text),
				"in halves":             iotest.HalfReader(strings.NewReader(tt.text)),
				"the end with the data": iotest.DataErrReader(strings.NewReader(tt.text)),
			} {
				got, err := io.ReadAll(withoutTokenIn(r, tt.token))
				if string(got) != tt.want || err != nil {
					t.Errorf("%s: %.100q (%d bytes), %v; want %.100q (%d bytes)", name, got, len(got), err, tt.want, len(tt.want))
				}
			}
		})
	}
	for _, n := range []int{0, 1, 20, 50, len(long)} { // byte by byte
		text := "it is " + long[n:] + " or " + long[:len(long)-n] + "…"
		got, err := io.ReadAll(withoutTokenIn(iotest.OneByteReader(strings.NewReader(text)), long))
		if want := map[bool]string{true: "it is *** or ***…", false: "it is  or …"}[n < len(long)]; string(got) != want || err != nil {
			t.Errorf("byte by byte, without %d: %.100q, %v", n, got, err)
		}
	}
	endless, err := io.ReadAll(withoutTokenIn(strings.NewReader(strings.Repeat("a", 1<<20)), same))
	if strings.Contains(string(endless), same[:tokenPiece]) || err != nil {
		t.Errorf("a long run of a token that repeats itself: %.100q, %v", endless, err)
	}
	torn, err := io.ReadAll(withoutTokenIn(io.MultiReader(strings.NewReader("a "+long[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)), long))
	if string(torn) != "a ***" || err == nil {
		t.Errorf("a torn answer: %q, %v", torn, err)
	}
}

// TestNoTokenInTexts: whatever text of the service is cut, no part of the run's own tokens is left in it.
func TestNoTokenInTexts(t *testing.T) {
	t.Parallel()
	const job = "eyJqb2IiOiJ0b2tlbiJ9.abcdefghijklmnop"
	for name, token := range map[string]string{"the request's": testToken, "the job's": job} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := token[10:22]
			for _, filler := range []int{0, 200, 215, 230, 235} {
				text := strings.Repeat("x", filler) + " " + token + " lost comm"
				c, _ := newFake(t, Options{Hidden: []string{job}}, func(int, *http.Request) reply {
					return reply{status: 400, body: `{"message":"` + text + `"}`}
				})
				_, err := c.Evaluations(t.Context(), testPullRequest(), false)
				if e := asError(t, err); strings.Contains(e.Error(), token[:12]) || strings.Contains(e.Error(), secret) || !strings.Contains(e.Error(), "***") {
					t.Errorf("the error shows %q", e.Error())
				}
			}
			c, _ := newFake(t, Options{Hidden: []string{job}}, func(_ int, r *http.Request) reply {
				if strings.HasSuffix(r.URL.Path, "/7") {
					// The end of the log begins within the token.
					return reply{header: map[string]string{"Content-Type": "text/plain"}, body: "curl " + token + strings.Repeat("z", requeue.MaxLogBytes-20) + "\n"}
				}
				if strings.HasSuffix(strings.ToLower(r.URL.Path), "/logs") {
					return ok(`{"count":1,"value":[{"id":7,"lineCount":1}]}`)
				}
				if strings.Contains(r.URL.Path, "imeline") {
					return ok(`{"records":[{"type":"Task","name":"S","result":"failed","log":{"id":7},"issues":[{"type":"error","message":"curl -H ` + token + ` lost comm"}]}]}`)
				}
				return ok(`{"id":101}`)
			})
			found, err := c.BuildErrors(t.Context(), uuid.New(), 101)
			if err != nil || len(found.Issues) != 1 || found.Issues[0].Message != "curl -H *** lost comm" {
				t.Errorf("the issues are %+v, %v", found.Issues, err)
			}
			logs, err := c.BuildLogs(t.Context(), uuid.New(), 101, []requeue.FailedStep{{Name: "S", LogID: 7}})
			if err != nil || len(logs.Ends[7].Lines) != 1 || logs.Ends[7].Err != nil || !strings.HasPrefix(logs.Ends[7].Lines[0], "curl ***zz") {
				t.Errorf("the log is %.60q, %v, %v", logs.Ends[7].Lines, logs.Ends[7].Err, err)
			}
		})
	}
}
