package main

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

type extension struct {
	ManifestVersion int    `json:"manifestVersion"`
	ID              string `json:"id"`
	Publisher       string `json:"publisher"`
	Name            string `json:"name"`
	Description     string `json:"description"`
	Targets         []struct {
		ID string `json:"id"`
	} `json:"targets"`
	Categories []string          `json:"categories"`
	Icons      map[string]string `json:"icons"`
	Content    map[string]struct {
		Path string `json:"path"`
	} `json:"content"`
	Screenshots []struct {
		Path string `json:"path"`
	} `json:"screenshots"`
	Links map[string]struct {
		URI string `json:"uri"`
	} `json:"links"`
	CustomerQnASupport struct {
		Enable *bool  `json:"enableMarketplaceQnA"`
		URL    string `json:"url"`
	} `json:"CustomerQnASupport"`
	Contributions []struct {
		ID         string         `json:"id"`
		Type       string         `json:"type"`
		Targets    []string       `json:"targets"`
		Properties map[string]any `json:"properties"`
	} `json:"contributions"`
	Files []struct {
		Path        string `json:"path"`
		Addressable bool   `json:"addressable"`
		ContentType string `json:"contentType"`
	} `json:"files"`
}

const extensionFile = "vss-extension.json"

var (
	extensionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9\-]*$`)
	binaryPath  = regexp.MustCompile(`^task/bin/(linux|darwin)-[a-z0-9]+/reschedule$`)
)

// madeByBuild are files that the manifest names and build.sh puts into the package.
var madeByBuild = []string{"LICENSE.md", "THIRD-PARTY-NOTICES.md"}

// checkExtension checks what tfx-cli 0.23.1 and the Marketplace find out late or never.
func checkExtension(root fs.FS) error {
	var e extension
	if err := readJSON(root, extensionFile, &e); err != nil {
		return err
	}
	var f faults
	if e.ManifestVersion != 1 {
		f.add("%s: manifestVersion is %d; it must be 1", extensionFile, e.ManifestVersion)
	}
	if !extensionID.MatchString(e.ID) || !extensionID.MatchString(e.Publisher) {
		f.add("%s: id %q and publisher %q must be letters, digits and hyphens", extensionFile, e.ID, e.Publisher)
	}
	if e.Name == "" || e.Description == "" || len(e.Description) > 200 {
		f.add("%s: name and description must be there, the description within 200 characters", extensionFile)
	}
	if len(e.Targets) != 1 || e.Targets[0].ID != "Microsoft.VisualStudio.Services" {
		f.add("%s: the only target must be Microsoft.VisualStudio.Services", extensionFile)
	}
	if !slices.Equal(e.Categories, []string{"Azure Pipelines", "Azure Repos"}) {
		f.add("%s: the categories must be Azure Pipelines and Azure Repos", extensionFile)
	}
	f.png(root, e.Icons["default"], 128, 128)
	// What the manifest reference asks for ("Discovery attributes").
	for _, screenshot := range e.Screenshots {
		f.png(root, screenshot.Path, 1366, 768)
	}
	f.support(e)
	for _, name := range []string{"details", "license"} {
		f.file(root, e.Content[name].Path)
	}
	f.contribution(root, e)
	for _, file := range e.Files {
		switch {
		case binaryPath.MatchString(file.Path):
			// Without a content type tfx asks the command file, whose answer differs between machines.
			if file.Addressable || file.ContentType == "" {
				f.add("%s: %s must not be addressable and needs a contentType", extensionFile, file.Path)
			}
		default:
			f.file(root, file.Path)
		}
	}
	f.pictures(root, e)
	f.named(root, e)
	return errors.Join(f...)
}

// named checks that the manifest names each picture that build.sh stages: tfx packs no other, and the package would lack what
// was staged.
func (f *faults) named(root fs.FS, e extension) {
	names := slices.Collect(maps.Values(e.Icons))
	for _, screenshot := range e.Screenshots {
		names = append(names, screenshot.Path)
	}
	for _, file := range e.Files {
		names = append(names, file.Path)
	}
	staged, err := fs.Glob(root, "images/*.png")
	if err != nil {
		f.add("find pictures: %w", err)
	}
	for _, name := range staged {
		if !slices.Contains(names, name) {
			f.add("%s does not name %s", extensionFile, name)
		}
	}
}

// support checks where people get help. The manifest reference calls the switch "enableqna", which tfx-cli 0.23.1 does not
// read and drops without a word: it reads "enableMarketplaceQnA", and only a boolean.
func (f *faults) support(e extension) {
	for _, name := range []string{"getstarted", "learn", "support", "issues", "license", "privacypolicy"} {
		if !strings.HasPrefix(e.Links[name].URI, "https://") {
			f.add("%s: the link %s is missing, or not https", extensionFile, name)
		}
	}
	issues := e.Links["issues"].URI
	if e.Links["support"].URI != issues || e.CustomerQnASupport.URL != issues {
		f.add("%s: the link support and the address of CustomerQnASupport must be that of the issues, %s", extensionFile, issues)
	}
	if enabled := e.CustomerQnASupport.Enable; enabled == nil || !*enabled {
		f.add("%s: CustomerQnASupport.enableMarketplaceQnA must be true", extensionFile)
	}
}

var picture = regexp.MustCompile(`!\[[^\]]*\]\(([^)]+)\)`)

// pictures checks that the Marketplace serves every picture of its page.
func (f *faults) pictures(root fs.FS, e extension) {
	page, err := fs.ReadFile(root, e.Content["details"].Path)
	if err != nil {
		return // reported already
	}
	for _, m := range picture.FindAllSubmatch(page, -1) {
		served := false
		for _, file := range e.Files {
			served = served || file.Path == string(m[1]) && file.Addressable
		}
		if !served {
			f.add("%s: the page shows %s, which is no addressable file", extensionFile, m[1])
		}
	}
}

func (f *faults) contribution(root fs.FS, e extension) {
	if len(e.Contributions) != 1 {
		f.add("%s: there must be one contribution, the task", extensionFile)
		return
	}
	c := e.Contributions[0]
	folder, _ := c.Properties["name"].(string)
	if c.Type != "ms.vss-distributed-task.task" || !slices.Equal(c.Targets, []string{"ms.vss-distributed-task.tasks"}) {
		f.add("%s: the contribution must be a ms.vss-distributed-task.task", extensionFile)
	}
	f.file(root, path.Join(folder, "task.json"))
	for _, file := range e.Files {
		if file.Path == folder {
			return
		}
	}
	f.add("%s: files does not list the task's folder %q", extensionFile, folder)
}

func (f *faults) file(root fs.FS, name string) {
	if slices.Contains(madeByBuild, name) {
		return
	}
	if _, err := fs.Stat(root, name); err != nil {
		f.add("%s: %w", extensionFile, err)
	}
}
