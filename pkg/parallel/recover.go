package parallel

import "fmt"

// Recover makes an error of a panic; it is to be deferred. Without a panic it leaves *err alone.
func Recover(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}
