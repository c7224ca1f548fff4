package config

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// laptop is a run by a person, with changes.
func laptop(changes ...variables) variables {
	env := variables{
		"SYSTEM_ACCESSTOKEN": jobToken, "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/fabrikam",
		"SYSTEM_TEAMPROJECT": "Fabrikam", "INPUT_REPOSITORIES": "web",
	}
	for _, change := range changes {
		maps.Copy(env, change)
	}
	return env
}

// TestMisspeltInputs: on a laptop what resembles an input is a fault, and whatever else begins like one a warning; under an
// agent both are warnings.
func TestMisspeltInputs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, variable string
		nearest        string // "" resembles none
	}{
		{"an underscore", "INPUT_DRY_RUN", "dryRun"},
		{"underscores everywhere", "INPUT_D_R_Y_R_U_N", "dryRun"},
		{"a hyphen", "INPUT_DRY-RUN", "dryRun"},
		{"another case", "INPUT_dryRun", "dryRun"},
		{"the prefix in another case", "input_dryrun", "dryRun"},
		{"a letter is missing", "INPUT_DRYRN", "dryRun"},
		{"a letter too many", "INPUT_REPOSITORIESS", "repositories"},
		{"another letter", "INPUT_DRYRUM", "dryRun"},
		{"two letters swapped", "INPUT_DRYRNU", "dryRun"},
		{"two letters missing", "INPUT_REPOSITORI", "repositories"},
		{"singular", "INPUT_REPOSITORY", ""}, // three letters aside
		{"singular of a label", "INPUT_LABEL", "labels"},
		{"one swap and one letter", "INPUT_TAGRETBRANCH_E", "targetBranches"},
		{"near miss: three letters missing", "INPUT_REPOSITO", ""},
		{"a swap in a short name", "INPUT_WIAT", "wait"},
		{"a letter too many in a short name", "INPUT_WAITS", "wait"},
		{"a letter missing in a short name", "INPUT_WEN", "when"},
		{"two letters of a short name", "INPUT_WHAT", "when"},
		{"two letters missing in a short name", "INPUT_DRYR", "dryRun"},
		{"two letters missing of four", "INPUT_WA", "wait"},
		{"near miss: three letters missing in a short name", "INPUT_DRY", ""},
		{"near miss: a word of four letters", "INPUT_PATH", ""},
		{"near miss: a word of four letters", "INPUT_NAME", ""},
		{"two letters of five", "INPUT_ODRRE", "order"},
		{"near miss: a word of five letters", "INPUT_LEVEL", ""},
		{"the nearest of two", "INPUT_SOURCEBRANCHS", "sourceBranches"},
		{"wait is nearer than waitTimeout", "INPUT_WAIT_", "wait"},
		{"near miss: another task's", "INPUT_TARGETTYPE", ""},
		{"near miss: another task's", "INPUT_WORKINGDIRECTORY", ""},
		{"near miss: nothing behind the prefix but a separator", "INPUT__", ""},
	} {
		t.Run(tc.name+" "+tc.variable, func(t *testing.T) {
			t.Parallel()
			change := variables{tc.variable: "true"}
			atHome, faults := load(t, laptop(change))
			inJob, jobFaults := load(t, job(change))
			expect(t, jobFaults)
			if tc.nearest == "" {
				want := []string{`"` + tc.variable + `" is no input of this task and does nothing.`}
				expect(t, faults)
				if d := cmp.Diff(want, atHome.Warnings); d != "" {
					t.Errorf("on a laptop (-want +got):\n%s", d)
				}
				if d := cmp.Diff(want, inJob.Warnings); d != "" {
					t.Errorf("under an agent (-want +got):\n%s", d)
				}
				return
			}
			if len(faults) != 1 || faults[0].Error() != fmt.Sprintf("%q is no input of this task, but resembles %s; allowed: INPUT_%s, or no such variable",
				tc.variable, tc.nearest, strings.ToUpper(tc.nearest)) {
				t.Errorf("on a laptop: %v", faults)
			}
			want := []string{fmt.Sprintf("%q is no input of this task and does nothing. The nearest input is %s.", tc.variable, tc.nearest)}
			if d := cmp.Diff(want, inJob.Warnings); d != "" {
				t.Errorf("under an agent (-want +got):\n%s", d)
			}
		})
	}
}

// TestNoMisspeltInput: what is an input, or no variable of one, is not spoken of.
func TestNoMisspeltInput(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"INPUT_DRYRUN", "INPUT_", "INPUT", "INPUTS_DRYRUN", "MY_INPUT_DRY_RUN", "input_file", "INPUTRC"} {
		for _, env := range []variables{laptop(variables{name: "true"}), job(variables{name: "true"})} {
			c := mustLoad(t, env)
			if len(c.Warnings) > 0 {
				t.Errorf("%s: %v", name, c.Warnings)
			}
		}
	}
}

// TestEveryInputIsItsOwnNearest: no input is taken for another one.
func TestEveryInputIsItsOwnNearest(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range new(inputs).fields() {
		names = append(names, f.name)
	}
	for _, name := range names {
		if nearest, ok := Nearest(name, names); !ok || nearest != name {
			t.Errorf("the nearest of %s is %q", name, nearest)
		}
	}
}

// TestManyForeignInputs: whatever resembles none is told together, and not all of it.
func TestManyForeignInputs(t *testing.T) {
	t.Parallel()
	foreign := variables{}
	for i := range 12 {
		foreign[fmt.Sprintf("INPUT_SOMEBODYELSES%02d", i)] = ""
	}
	c := mustLoad(t, job(foreign))
	if len(c.Warnings) != 1 || !strings.HasSuffix(c.Warnings[0], `"INPUT_SOMEBODYELSES09" and 2 more are no inputs of this task and do nothing.`) {
		t.Errorf("got %q", c.Warnings)
	}
	delete(foreign, "INPUT_SOMEBODYELSES11")
	delete(foreign, "INPUT_SOMEBODYELSES10")
	c = mustLoad(t, job(foreign))
	if len(c.Warnings) != 1 || !strings.HasSuffix(c.Warnings[0], `"INPUT_SOMEBODYELSES09" are no inputs of this task and do nothing.`) {
		t.Errorf("got %q", c.Warnings)
	}
}

// TestMisspeltBesideOthers: every fault at once.
func TestMisspeltBesideOthers(t *testing.T) {
	t.Parallel()
	_, faults := load(t, laptop(variables{"INPUT_DRY_RUN": "true", "INPUT_MAX_PER_RUN": "3", "INPUT_DRAFTS": "maybe"}))
	expect(t, faults, `drafts: "maybe" is not known`, `"INPUT_DRY_RUN" is no input`, `"INPUT_MAX_PER_RUN" is no input`)
}

func TestPersonalAccessTokens(t *testing.T) {
	t.Parallel()
	random := strings.Repeat("abcdefghij234567", 4)
	// The example of learn.microsoft.com, "Azure DevOps personal access token (entity definition)".
	const published = "abcdefghijklmnopqrstuvwxyz012345679ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnoAZDOabcd"
	for _, tc := range []struct {
		name, token string
		personal    bool
	}{
		{"52 characters of base 32", random[:52], true},
		{"in capitals", strings.ToUpper(random[:52]), true},
		{"the published example", published, true},
		{"51 characters", random[:51], false},
		{"53 characters", random[:53], false},
		{"a digit that base 32 lacks", random[:51] + "1", false},
		{"another digit that base 32 lacks", random[:51] + "9", false},
		{"the mark one place early", published[1:] + "e", true},
		{"the mark at the beginning", "AZDO" + strings.Repeat("b", 80), true},
		{"83 characters", published[:83], false},
		{"85 characters", published + "e", false},
		{"the mark in small letters", strings.Replace(published, "AZDO", "azdo", 1), false},
		{"84 characters without the mark", strings.Replace(published, "AZDO", "AZDP", 1), false},
		{"a JWT", jobToken, false},
		{"a JWT of 52 characters", random[:20] + "." + random[:20] + "." + random[:10], false},
		{"a JWT of 84 characters", published[:40] + "." + published[41:], false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, faults := load(t, laptop(variables{"SYSTEM_ACCESSTOKEN": tc.token}))
			if !tc.personal {
				expect(t, faults)
				return
			}
			expect(t, faults, "SYSTEM_ACCESSTOKEN has the shape of a personal access token")
			for _, part := range []string{"env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)", "az account get-access-token --resource"} {
				if !strings.Contains(faults[0].Message, part) {
					t.Errorf("the fault does not name %q: %s", part, faults[0].Message)
				}
			}
			if strings.Contains(faults[0].Message, tc.token[:8]) || len(c.Secrets) == 0 || c.Secrets[0].Reveal() != tc.token {
				t.Error("the token is told, or not to be masked")
			}
			_, faults = load(t, job(variables{"SYSTEM_ACCESSTOKEN": tc.token}))
			expect(t, faults, "SYSTEM_ACCESSTOKEN has the shape of a personal access token")
			_, faults = load(t, job(variables{
				"SECRET_SYSTEM_ACCESSTOKEN": tc.token, "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": tc.token,
			}))
			expect(t, faults) // the agent's own, whatever it looks like
		})
	}
}
