package normalize_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

func TestEventsThatKeepTheRulesAreValid(t *testing.T) {
	text := &normalize.Message{ID: "1:2", Type: normalize.TypeText, Text: "hi"}
	peer := normalize.Peer{ID: "1"}
	for name, ev := range map[string]normalize.Event{
		"a message":                {Key: "msg:1:2", Type: normalize.EventMessage, Peer: peer, Message: text},
		"an echo":                  {Key: "msg:1:2", Type: normalize.EventEcho, Peer: peer, Message: text},
		"typing sets nothing":      {Key: "typing:1", Type: normalize.EventTyping, Peer: peer},
		"an unknown needs no peer": {Key: "unknown:1", Type: normalize.EventUnknown, Unknown: &normalize.Unknown{Kind: "poll"}},
		"a watermark": {
			Key: "rct:1", Type: normalize.EventReceipt, At: time.Date(2026, 1, 1, 0, 0, 0, 1e6, time.UTC),
			Receipt: &normalize.Receipt{Status: normalize.StatusRead, UpTo: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
		"media that could not be had": {
			Key: "msg:1:3", Type: normalize.EventMessage, Peer: peer,
			Message: &normalize.Message{ID: "1:3", Type: normalize.TypeImage, Failure: &normalize.Failure{Reason: normalize.ReasonUnknown}},
		},
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, ev.Validate()) })
	}
}

func TestEventsThatBreakARuleAreNot(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*normalize.Event)
		wrong string
	}{
		"no key":                       {func(e *normalize.Event) { e.Key = "" }, "kind:name"},
		"a key without a kind":         {func(e *normalize.Event) { e.Key = "12" }, "kind:name"},
		"a key with nothing named":     {func(e *normalize.Event) { e.Key = "msg:" }, "kind:name"},
		"no type":                      {func(e *normalize.Event) { e.Type = "" }, "nothing is set"},
		"a type nobody knows":          {func(e *normalize.Event) { e.Type = "poll" }, "nothing is set"},
		"nothing set":                  {func(e *normalize.Event) { e.Message = nil }, "nothing is set"},
		"two things set":               {func(e *normalize.Event) { e.Unknown = &normalize.Unknown{Kind: "x"} }, "with \"unknown\" set"},
		"another thing set":            {func(e *normalize.Event) { e.Type = normalize.EventDeletion }, "nothing is set"},
		"typing with a message":        {func(e *normalize.Event) { e.Type = normalize.EventTyping }, "with \"message\" set"},
		"nobody who wrote":             {func(e *normalize.Event) { e.Peer.ID = "" }, "without a peer"},
		"a local time":                 {func(e *normalize.Event) { e.At = e.At.In(time.FixedZone("", 60)) }, "UTC"},
		"a time too fine":              {func(e *normalize.Event) { e.At = e.At.Add(time.Microsecond) }, "millisecond"},
		"a time before platforms":      {func(e *normalize.Event) { e.At = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC) }, "year"},
		"a message without an id":      {func(e *normalize.Event) { e.Message.ID = "" }, "without an id"},
		"a text without text":          {func(e *normalize.Event) { e.Message.Text = "" }, "without its content"},
		"an image without one":         {func(e *normalize.Event) { e.Message.Type = normalize.TypeImage }, "without its content"},
		"unsupported without its name": {func(e *normalize.Event) { e.Message.Type = normalize.TypeUnsupported }, "without its content"},
		"a message of no known type":   {func(e *normalize.Event) { e.Message.Type = "hologram" }, "hologram"},
		"an attachment that is nowhere": {func(e *normalize.Event) {
			e.Message.Attachments = []normalize.Attachment{{Type: normalize.TypeImage}}
		}, "neither where"},
		"an attachment of another type": {func(e *normalize.Event) {
			e.Message.Attachments = []normalize.Attachment{{Type: normalize.TypeText, URL: "https://h.example"}}
		}, "of type"},
		"a receipt for nothing": {func(e *normalize.Event) {
			e.Type, e.Message, e.Receipt = normalize.EventReceipt, nil, &normalize.Receipt{Status: normalize.StatusRead}
		}, "for nothing"},
		"a receipt of the hub's own": {func(e *normalize.Event) {
			e.Type, e.Message, e.Receipt = normalize.EventReceipt, nil, &normalize.Receipt{Target: "1:2", Status: "queued"}
		}, "queued"},
	} {
		t.Run(name, func(t *testing.T) {
			ev := normalize.Event{
				Key: "msg:1:2", Type: normalize.EventMessage, Peer: normalize.Peer{ID: "1"},
				At:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
				Message: &normalize.Message{ID: "1:2", Type: normalize.TypeText, Text: "hi"},
			}
			require.NoError(t, ev.Validate())
			tt.spoil(&ev)
			require.ErrorContains(t, ev.Validate(), tt.wrong)
		})
	}
}
