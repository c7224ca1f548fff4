package discover

import (
	"fmt"

	"github.com/pr-evaluations/reschedule/pkg/config"
)

// odd says what of all that was read is strange but harms nothing.
func odd(c config.Config, f Found) []string {
	var warnings []string
	if len(f.Visible) == 1 && c.ValidatesPullRequest == 0 && c.Repositories.SelectsAll() {
		warnings = append(warnings, fmt.Sprintf("Only one repository is visible (%s), although repositories selects all of them. "+
			"\"Protect access to repositories in YAML pipelines\" hides the others from the job's token: "+
			"name them under \"uses: repositories:\" of the job, or switch the setting off in the project's pipeline settings.", f.Visible[0].Name))
	}
	builds, tellExpiry := 0, false
	for _, s := range f.Screened {
		for _, e := range s.PullRequest.Evaluations {
			if e.IsBuild() && e.BuildID != 0 {
				builds++
				tellExpiry = tellExpiry || e.HasIsExpired
			}
		}
	}
	if builds > 0 && !tellExpiry {
		warnings = append(warnings, "This server does not report whether a build has expired (no evaluation has context.isExpired). Only those are found to be expired that wait for a build which has ended, or that are older than their policy allows.")
	}
	return warnings
}
