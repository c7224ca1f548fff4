package azdo

import (
	"context"
	"io"
	"net/http"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Identity returns whom the token stands for, by the name that the service's pages show.
func (c *Client) Identity(ctx context.Context) (requeue.Identity, error) {
	type wire struct {
		User object[struct {
			ID         word `json:"id"`
			Name       word `json:"providerDisplayName"`
			CustomName word `json:"customDisplayName"`
			Properties object[struct {
				Account object[struct {
					Value word `json:"$value"`
				}] `json:"Account"`
			}] `json:"properties"`
		}] `json:"authenticatedUser"`
	}
	var found *wire
	err := c.send(ctx, request{
		location: locConnectionData, version: "7.1-preview.1",
		call: call{op: "read the identity", name: "connectionData", area: areaOrganization, decode: func(_ http.Header, body io.Reader) (err error) {
			found, err = decodeOne[wire](body)
			return err
		}},
	})
	if err != nil {
		return requeue.Identity{}, err
	}
	user := &found.User.v
	identity := requeue.Identity{ID: user.ID.s, DisplayName: user.Name.s, UniqueName: user.Properties.v.Account.v.Value.s}
	if identity.DisplayName == "" {
		identity.DisplayName = user.CustomName.s
	}
	if identity.ID == "" || identity.DisplayName == "" {
		return identity, &Error{Op: "read the identity", Message: "the answer names nobody", area: areaOrganization}
	}
	return identity, nil
}

type wireIdentity struct {
	ID          word `json:"id"`
	DisplayName word `json:"displayName"`
	UniqueName  word `json:"uniqueName"`
}
