package main

import (
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

//go:embed preview.html.tmpl
var previewPage string

var quotedWord = regexp.MustCompile("`([^`]+)`")

// preview writes a page that shows about how the classic editor presents the inputs.
func preview(w io.Writer, root string) error {
	d, err := readDefinition(filepath.Join(root, "task", "task.json"))
	if err != nil {
		return err
	}
	icon, err := os.ReadFile(filepath.Join(root, "task", "icon.png")) //nolint:gosec // a file of the repository
	if err != nil {
		return fmt.Errorf("read icon: %w", err)
	}
	help := func(text string) template.HTML {
		return template.HTML(quotedWord.ReplaceAllString(html.EscapeString(text), "<code>$1</code>")) //nolint:gosec // escaped
	}
	page, err := template.New("preview").Funcs(template.FuncMap{"help": help}).Parse(previewPage)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	err = page.Execute(w, struct {
		definition
		Icon template.URL
	}{d, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(icon))}) //nolint:gosec // our own icon
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
