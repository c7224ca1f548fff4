package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

const usage = `usage: go run ./tools/wine COMMAND

  library FILE                write the bcryptprimitives.dll that Wine 8 lacks and Go needs
  test [-program FILE] NODE...
                              run the tests under Wine, the first time with the first Node, those that start one with
                              each; WINEPREFIX names the prefix, a NODE is the folder of a node.exe
`

func main() {
	run := command
	if runtime.GOOS == "windows" { // this program under Wine, as go.exe
		run = askGo
	}
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "wine:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func command(args []string, stdout io.Writer) (code int, err error) {
	if len(args) == 2 && args[0] == "library" {
		data, err := forwarder()
		if err != nil {
			return 1, err
		}
		return 0, os.WriteFile(args[1], data, 0o600) //nolint:gosec // where the caller wants it
	}
	if len(args) == 0 || args[0] != "test" {
		_, err := io.WriteString(stdout, usage)
		return 2, err
	}
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	program := flags.String("program", "", "test this program instead of building one")
	if err := flags.Parse(args[1:]); err != nil {
		return 2, err
	}
	prefix := os.Getenv("WINEPREFIX")
	if flags.NArg() == 0 || !strings.HasPrefix(prefix, "/") {
		return 2, errors.New("name the folder of a Node, and the prefix in WINEPREFIX as an absolute path")
	}
	return 0, testAll(options{prefix: prefix, program: *program, nodes: flags.Args()}, stdout)
}
