// Package client calls the hub's API from Go: a method for each operation of
// the document, generated from it. Its records are those of package api.
//
// [New] opens a client. Of its methods, those whose name ends in WithResponse
// answer the decoded record of the status that came: JSON200 and the like, or
// ApplicationProblemJSONDefault when the hub refused.
package client

import (
	"context"
	"fmt"
	"net/http"
)

//go:generate go -C ../../tools tool oapi-codegen -config ../api/client/codegen.yaml ../api/openapi.yaml

// New answers a client of the hub at an address such as https://hub.example,
// which calls with an API token; "" for calls that need none. It is safe for
// concurrent use. A nil doer is an http.Client without a timeout: bound calls
// by their context.
func New(hub, token string, doer *http.Client) (*ClientWithResponses, error) {
	if doer == nil {
		doer = &http.Client{}
	}
	options := []ClientOption{WithHTTPClient(doer)}
	if token != "" {
		options = append(options, WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+token)
			return nil
		}))
	}
	c, err := NewClientWithResponses(hub, options...)
	if err != nil {
		return nil, fmt.Errorf("client of the API: %w", err)
	}
	return c, nil
}
