package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// goVariable tells go.exe where its server is, and the word that it wants to hear.
const goVariable = "RESCHEDULE_WINE_GO"

// goRequest is what go.exe was started with, goAnswer what became of it.
type (
	goRequest struct {
		Word string
		Dir  string
		Args []string
	}
	goAnswer struct {
		Output []byte
		Errors []byte
		Code   int
	}
)

// goServer runs the Go command of this machine for tests that run under Wine: some of them build programs, and Wine
// cannot wait for a program that is none of Windows.
type goServer struct {
	listener net.Listener
	word     string
	prefix   string
}

func startGoServer(ctx context.Context, prefix string) (*goServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for go.exe: %w", err)
	}
	s := &goServer{listener: listener, word: rand.Text(), prefix: prefix}
	go s.serve(ctx)
	return s, nil
}

// variable is the environment variable that go.exe needs.
func (s *goServer) variable() string {
	return goVariable + "=" + s.listener.Addr().String() + "/" + s.word
}

func (s *goServer) serve(ctx context.Context) {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // it was closed
		}
		go func() {
			defer func() { _ = conn.Close() }() // both sides have had their say
			var request goRequest
			if json.NewDecoder(conn).Decode(&request) == nil && request.Word == s.word {
				_ = json.NewEncoder(conn).Encode(s.answer(ctx, request)) // go.exe notices what it lacks
			}
		}()
	}
}

// answer runs the Go command for Windows, its paths translated.
func (s *goServer) answer(ctx context.Context, request goRequest) goAnswer {
	if len(request.Args) == 0 || !slices.Contains([]string{"build", "env", "list"}, request.Args[0]) {
		return goAnswer{Errors: fmt.Appendf(nil, "go %q is not for tests under Wine\n", request.Args), Code: 2}
	}
	args := slices.Clone(request.Args)
	for i, arg := range args {
		args[i] = s.unixPath(arg)
	}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // asked by whoever knows the word
	cmd.Dir = s.unixPath(request.Dir)
	cmd.Env = windowsBuild()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return goAnswer{Errors: fmt.Appendln(nil, err), Code: 1}
	}
	return goAnswer{Output: stdout.Bytes(), Errors: stderr.Bytes(), Code: cmd.ProcessState.ExitCode()}
}

// windowsBuild is the environment in which the Go command builds for Windows.
func windowsBuild() []string {
	return append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
}

var drive = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// unixPath translates a path of Windows; anything else stays as it is.
func (s *goServer) unixPath(path string) string {
	if !drive.MatchString(path) {
		return path
	}
	rest := strings.ReplaceAll(path[2:], `\`, "/")
	if strings.EqualFold(path[:2], "z:") {
		return rest
	}
	return filepath.Join(s.prefix, "drive_"+strings.ToLower(path[:1]), rest)
}

// windowsPath is what a program under Wine calls an absolute path of this machine.
func windowsPath(path string) string {
	return "Z:" + strings.ReplaceAll(path, "/", `\`)
}

// askGo is go.exe: it lets the server run the Go command.
func askGo(args []string, stdout io.Writer) (code int, err error) {
	address, word, _ := strings.Cut(os.Getenv(goVariable), "/")
	conn, err := net.Dial("tcp", address) //nolint:gosec // that of the server
	if err != nil {
		return 1, fmt.Errorf("find the Go command: %w", err)
	}
	defer func() { _ = conn.Close() }() // both sides have had their say
	dir, err := os.Getwd()
	if err != nil {
		return 1, err
	}
	if err := json.NewEncoder(conn).Encode(goRequest{word, dir, args}); err != nil {
		return 1, fmt.Errorf("ask the Go command: %w", err)
	}
	var answer goAnswer
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return 1, fmt.Errorf("hear from the Go command: %w", err)
	}
	_, err = stdout.Write(answer.Output)
	_, errorsErr := os.Stderr.Write(answer.Errors)
	return answer.Code, errors.Join(err, errorsErr)
}
