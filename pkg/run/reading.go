package run

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// readingPause is how long a terminal shows how far the reading is before it shows it again.
const readingPause = 100 * time.Millisecond

// reading is told how many pull requests were read of how many that are known so far to be worth it, and shows that to
// people who look.
func (r *run) reading() func(read, of int) {
	var mu sync.Mutex
	var shown time.Time
	most := 0
	return func(read, of int) {
		mu.Lock()
		defer mu.Unlock()
		if of == 0 || read < most || time.Since(shown) < readingPause { // an older number may come later
			return
		}
		shown, most = time.Now(), read
		noun := "pull requests"
		if of == 1 {
			noun = "pull request"
		}
		r.log.Passing(fmt.Sprintf("read %s of %s %s", thousands(read), thousands(of), noun))
	}
}

// thousands is a number with a comma between thousands.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
