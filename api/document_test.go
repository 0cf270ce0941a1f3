package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"threadhub/api"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	body, err := api.DocumentJSON()
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(body)
	require.NoError(t, err)
	return doc
}

func TestTheDocumentIsValid(t *testing.T) {
	require.NoError(t, load(t).Validate(context.Background()))
}

func TestEveryRequestBodyRefusesUnknownFields(t *testing.T) {
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			body := op.RequestBody.Value.Content["application/json"]
			if body == nil {
				continue // a file: it has no fields
			}
			closed(t, method+" "+path, body.Schema, map[*openapi3.Schema]bool{})
		}
	}
}

// free are objects whose fields others define.
var free = map[string]bool{"#/components/schemas/ChannelSettings": true}

func closed(t *testing.T, where string, ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	t.Helper()
	s := ref.Value
	if seen[s] || free[ref.Ref] {
		return
	}
	seen[s] = true
	if s.Type.Is("object") {
		extra := s.AdditionalProperties
		require.True(t, extra.Schema != nil || (extra.Has != nil && !*extra.Has), "%s takes fields nobody named", where)
	}
	for name, p := range s.Properties {
		closed(t, where+"."+name, p, seen)
	}
	if s.Items != nil {
		closed(t, where+"[]", s.Items, seen)
	}
}

func TestEveryOperationThatChangesSomethingTakesAnIdempotencyKey(t *testing.T) {
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			if method == "GET" || method == "DELETE" || op.OperationID == "receiveWebhook" {
				continue
			}
			if slices.Contains(op.Tags, "webchat") {
				continue // a visitor's message has its client_id; all else may be repeated
			}
			require.NotNil(t, op.Parameters.GetByInAndName("header", "Idempotency-Key"), "%s %s", method, path)
		}
	}
}

func TestTimesAreWrittenInUTCWithMilliseconds(t *testing.T) {
	zone := time.FixedZone("x", -3*3600)
	for want, at := range map[string]time.Time{
		`"2026-03-01T12:00:00.000Z"`: time.Date(2026, 3, 1, 9, 0, 0, 0, zone),
		`"2026-03-01T09:00:00.250Z"`: time.Date(2026, 3, 1, 9, 0, 0, 250999999, time.UTC),
	} {
		got, err := json.Marshal(api.Time{Time: at})
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	var back api.Time
	require.NoError(t, json.Unmarshal([]byte(`"2026-03-01T09:00:00.123456-03:00"`), &back))
	require.Equal(t, time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC), back.Time)
	require.Error(t, json.Unmarshal([]byte(`"yesterday"`), &back))
}
