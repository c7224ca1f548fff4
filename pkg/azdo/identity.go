package azdo

import (
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/identity"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Identity returns whom the token stands for, by the name that the service's pages show.
func (c *Client) Identity(ctx context.Context) (requeue.Identity, error) {
	k := &call{op: "read the identity", name: "connectionData", area: areaOrganization}
	data, _, err := typed(ctx, c, k, c.sdk.location.GetConnectionData, location.GetConnectionDataArgs{})
	if err != nil {
		return requeue.Identity{}, err
	}
	who := identityOf(valueOf(data.AuthenticatedUser))
	if who.ID == "" || who.DisplayName == "" {
		return who, &Error{Op: k.op, Message: "the answer names nobody", area: k.area}
	}
	return who, nil
}

func identityOf(user identity.Identity) requeue.Identity {
	who := requeue.Identity{DisplayName: cmp.Or(valueOf(user.ProviderDisplayName), valueOf(user.CustomDisplayName))}
	if id := valueOf(user.Id); id != uuid.Nil {
		who.ID = id.String()
	}
	return who
}
