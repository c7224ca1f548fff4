package azdo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"
)

// sdk is the SDK's clients on one connection. The lists that send their own requests do so through connection.
type sdk struct {
	connection *azuredevops.Client
	git        git.ClientImpl
	policy     policy.ClientImpl
	build      build.ClientImpl
	core       core.ClientImpl
	location   location.ClientImpl
}

// newSDK makes a connection with a bearer token, and the clients on it. It sets them up as the SDK's own constructors
// cannot: those take no http.Client, lower-case the collection's URL and ask for resource areas, all of which are below
// that URL on Services and on Server.
func newSDK(collection *url.URL, token, userAgent string, t *transport) sdk {
	connection := &azuredevops.Connection{
		AuthorizationString:     bearerScheme + token, // the transport renews it
		BaseUrl:                 collection.String(),
		SuppressFedAuthRedirect: true,
		UserAgent:               userAgent,
	}
	c := azuredevops.NewClientWithOptions(connection, connection.BaseUrl, azuredevops.WithHTTPClient(&http.Client{Transport: t, CheckRedirect: neverFollow}))
	return sdk{
		connection: c, git: git.ClientImpl{Client: *c}, policy: policy.ClientImpl{Client: *c}, build: build.ClientImpl{Client: *c},
		core: core.ClientImpl{Client: *c}, location: location.ClientImpl{Client: *c},
	}
}

// typed makes one call of a typed method of the SDK. What it returns is never nil without an error, but every field of it
// may be; the notes say which of them were odd.
func typed[Args, Answer any](
	ctx context.Context, c *Client, k *call, method func(context.Context, Args) (*Answer, error), args Args,
) (answer *Answer, found *notes, err error) {
	defer recovered(k, &err)
	if err := c.Connect(ctx); err != nil {
		return nil, nil, wrap(k.op, err)
	}
	k.answer = reflect.TypeFor[Answer]()
	answer, err = method(withCall(ctx, k), args)
	if err != nil {
		return nil, nil, c.failed(k, err)
	}
	return answer, k.found, nil
}

// failed is the error of a method of the SDK.
func (c *Client) failed(k *call, err error) error {
	if _, ours := errors.AsType[*Error](err); !ours && k.found != nil {
		return k.misread(err) // the SDK could not read what fitted has made for it
	}
	return wrap(k.op, err)
}

// valueOf is what the pointer points to, or the zero value: the SDK's fields are all pointers, and nil where the answer
// lacks them or has null.
func valueOf[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// inRange is a number of the service as an ID or a count, and whether it is one.
func inRange(p *int) (int, bool) {
	n := valueOf(p)
	if n < 0 || n > maxID {
		return 0, false
	}
	return n, true
}

// sdkMembers are the types of the SDK's fields by the names in their json tags, for each reflect.Type.
var sdkMembers sync.Map

func memberOf(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	known, ok := sdkMembers.Load(t)
	if !ok {
		members := make(map[string]reflect.Type, t.NumField())
		for field := range t.Fields() {
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			members[tag] = field.Type
		}
		known, _ = sdkMembers.LoadOrStore(t, members)
	}
	members, _ := known.(map[string]reflect.Type)
	member, ok := members[name]
	return member, ok
}

// reread reads a part of an answer that the SDK leaves untyped into a wire type.
func reread(untyped any, into value) error {
	if untyped == nil {
		return nil
	}
	data, err := json.Marshal(untyped)
	if err != nil {
		return err
	}
	return unmarshal(bytes.NewBuffer(data), into)
}
