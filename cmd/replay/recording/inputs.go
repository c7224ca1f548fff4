package recording

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// kinds are the kinds of stand-ins that the inputs of names take.
func kinds() map[string][]string {
	return map[string][]string{
		"repositories": {"project", "repository"}, "targetBranches": {"branch"}, "sourceBranches": {"branch"}, "labels": {"label"},
		"authors": {"person", "account"}, "titles": {"title"}, "policies": {"policy", "pipeline"},
	}
}

var (
	// lost is an item of which the recording keeps only that it was there: a pattern, or a regular expression.
	lost    = regexp.MustCompile(`(^|[/!:])(pattern|text)-\d+($|/)`)
	standIn = regexp.MustCompile(`\b([a-z]+)-(\d+)\b`)
)

// Inputs are the recorded inputs with those that are given over them. The known ones are those of the task.
func (r *Recording) Inputs(given map[string]string, known []string) (map[string]string, error) {
	var faults []error
	all := maps.Clone(r.inputs)
	if all == nil {
		all = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		at := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if at < 0 {
			faults = append(faults, fmt.Errorf("the task has no input %q; it has %s", name, strings.Join(known, ", ")))
			continue
		}
		all[known[at]] = given[name]
		for _, item := range r.strange(known[at], given[name]) {
			faults = append(faults, fmt.Errorf("%s: %q is not in the recording, in which each name has a stand-in: %s",
				known[at], item, r.standIns(kinds()[known[at]])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if slices.ContainsFunc(items(all[name]), lost.MatchString) {
			faults = append(faults, fmt.Errorf("%s: the run had a pattern that looks into texts (%q), of which a recording keeps nothing; say what it is to be here, such as %s=",
				name, all[name], name))
		}
	}
	return all, errors.Join(faults...)
}

func items(value string) []string {
	var list []string
	for item := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// strange are the literal names in an input that the recording does not hold.
func (r *Recording) strange(input, value string) []string {
	if _, ofNames := kinds()[input]; !ofNames {
		return nil
	}
	var list []string
	for _, item := range items(value) {
		item = strings.TrimPrefix(strings.TrimPrefix(item, "!"), "refs/heads/")
		for segment := range strings.SplitSeq(item, "/") {
			if strings.ContainsAny(segment, "*?") || strings.Trim(segment, "0123456789") == "" {
				continue
			}
			if in, err := regexp.Match(`(?i)(^|[^\w-])`+regexp.QuoteMeta(segment)+`($|[^\w-])`, r.raw); err == nil && !in {
				list = append(list, segment)
			}
		}
	}
	return list
}

// standIns are some of the stand-ins of a kind, in order.
func (r *Recording) standIns(of []string) string {
	var list []string
	for _, m := range standIn.FindAllSubmatch(r.raw, -1) {
		if name := string(m[0]); slices.Contains(of, string(m[1])) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if len(list) == 0 {
		return "it has none of this kind"
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	if len(list) > 10 {
		list = append(list[:10], "...")
	}
	return strings.Join(list, ", ")
}
