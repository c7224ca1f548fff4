package azdo

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestTokenless: wherever the token is in an answer, nothing of it is left, and nothing else is lost.
func TestTokenless(t *testing.T) {
	t.Parallel()
	long := "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + strings.Repeat("pay_load-", 400) + ".sIgNaTuRe0123456789"
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct{ name, token, text, want string }{
		{"none", long, strings.Repeat("no token. ", 90000), strings.Repeat("no token. ", 90000)},
		{"nothing", long, "", ""},
		{"alone", long, long, "***"},
		{"within a text", long, "Bearer " + long + ".", "Bearer ***."},
		{"in the second piece", long, x(pieceSize+9) + long + "y", x(pieceSize+9) + "***y"},
		{"across two pieces", long, x(pieceSize-200) + long + x(pieceSize), x(pieceSize-200) + "***" + x(pieceSize)},
		{"one byte into the next piece", long, x(pieceSize-len(long)+1) + long, x(pieceSize-len(long)+1) + "***"},
		{"all but one byte into the next piece", long, x(pieceSize-1) + long, x(pieceSize-1) + "***"},
		{"many", long, strings.Repeat(long+" ", 90), strings.Repeat("*** ", 90)},
		{"a part of it, which may be a word", "integration-test-access-token", "integration-tests, get-access-token", "integration-tests, get-access-token"},
		{"too short a token", "message", `{"message":""}`, `{"message":""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b body
			if err := b.readFrom(strings.NewReader(tt.text)); err != nil {
				t.Fatal(err)
			}
			b.hide(tt.token)
			got, err := io.ReadAll(b.reader())
			if string(got) != tt.want || err != nil {
				t.Errorf("%.100q (%d bytes), %v; want %.100q (%d bytes)", got, len(got), err, tt.want, len(tt.want))
			}
		})
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
