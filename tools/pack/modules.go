package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is a dependency that is linked into a binary.
type module struct{ path, version string }

func (m module) String() string { return m.path + " " + m.version }

// linked returns the modules of all binaries, sorted, and the version of Go that made them. What the binaries say is
// certain; go.mod also lists what only tests need.
func linked(binaries []string) (modules []module, goVersion string, err error) {
	if len(binaries) == 0 {
		return nil, "", errors.New("no binaries were named")
	}
	for _, name := range binaries {
		info, err := buildinfo.ReadFile(name)
		if err != nil {
			return nil, "", fmt.Errorf("read the modules of %s: %w", name, err)
		}
		if goVersion != "" && goVersion != info.GoVersion {
			return nil, "", fmt.Errorf("%s was made by %s, another by %s", name, info.GoVersion, goVersion)
		}
		goVersion = info.GoVersion
		for _, dep := range info.Deps {
			if dep.Replace != nil {
				return nil, "", fmt.Errorf("%s: %s is replaced; its notice would be wrong", name, dep.Path)
			}
			m := module{dep.Path, dep.Version}
			if !slices.Contains(modules, m) {
				modules = append(modules, m)
			}
		}
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.String(), b.String()) })
	return modules, goVersion, nil
}

// licenceFile is a file that carries terms or a notice that must be passed on.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// notices prints the licence of Go and of every module that is linked into one of the binaries.
func notices(w io.Writer, binaries []string) error {
	modules, goVersion, err := linked(binaries)
	if err != nil {
		return err
	}
	goRoot, err := output("go", "env", "GOROOT")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("# Third-party notices\n\n" +
		"The programs in this package are built from the source of the project and of the following works,\n" +
		"each under its own licence.\n")
	if err := notice(&b, "Go "+strings.TrimPrefix(goVersion, "go")+" (standard library and runtime)", "https://go.dev",
		strings.TrimSpace(string(goRoot))); err != nil {
		return err
	}
	for _, m := range modules {
		folder, err := output("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", m.path)
		if err != nil {
			return err
		}
		version, dir, _ := strings.Cut(strings.TrimSpace(string(folder)), " ")
		if version != m.version || dir == "" {
			return fmt.Errorf("%s is linked, but go.mod selects %q in folder %q", m, version, dir)
		}
		if err := notice(&b, m.String(), "https://pkg.go.dev/"+m.path+"@"+m.version, dir); err != nil {
			return err
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}

// notice adds one work with the licence files of its top folder; a work without one is an error.
func notice(b *bytes.Buffer, title, source, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the licence of %s: %w", title, err)
	}
	fmt.Fprintf(b, "\n## %s\n\nSource: <%s>\n", title, source)
	found := false
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name())) //nolint:gosec // a licence in the module cache
		if err != nil {
			return fmt.Errorf("read the licence of %s: %w", title, err)
		}
		found = true
		clean := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		fmt.Fprintf(b, "\n%s:\n\n~~~text\n%s\n~~~\n", entry.Name(), clean)
	}
	if !found {
		return fmt.Errorf("%s has no licence file in %s", title, dir)
	}
	return nil
}

func output(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...) //nolint:gosec // runs go with module paths out of our own binaries
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w: %s", strings.Join(append([]string{name}, args...), " "), err, stderr.Bytes())
	}
	return out, nil
}

// checkSBOM reports every linked module that the bill of materials lacks. The generator reads one binary, and what is
// linked differs between systems.
func checkSBOM(name string, binaries []string) error {
	data, err := os.ReadFile(name) //nolint:gosec // a path from the command line of a build tool
	if err != nil {
		return fmt.Errorf("read the bill of materials: %w", err)
	}
	var sbom struct {
		Components []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"components"`
	}
	if err := json.Unmarshal(data, &sbom); err != nil {
		return fmt.Errorf("read the bill of materials: %w", err)
	}
	modules, _, err := linked(binaries)
	if err != nil {
		return err
	}
	listed := map[module]bool{}
	for _, c := range sbom.Components {
		listed[module{c.Name, c.Version}] = true
	}
	var faults []error
	for _, m := range modules {
		if !listed[m] {
			faults = append(faults, fmt.Errorf("%s lacks %s", name, m))
		}
	}
	return errors.Join(faults...)
}
