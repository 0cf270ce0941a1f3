package app_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeadCredentialsHoldTheChannelUpUntilTheyWorkAgain(t *testing.T) {
	var dead atomic.Bool
	stub := newStub(t, func(r recorded) (int, any) {
		if dead.Load() {
			return 401, object{"ok": false, "error_code": 401, "description": "Unauthorized"}
		}
		return 200, object{"ok": true, "result": object{
			"message_id": 9000 + r.n, "id": 7001, "is_bot": true, "username": "b", "date": 1, "chat": object{"id": r.body["chat_id"], "type": "private"},
		}}
	})
	h := startHub(t, newConfig(t))
	ch := h.telegram(stub.URL, nil)
	require.Equal(t, 200, h.tg(ch, update(801, "hello")))
	h.eventually("it arrives", func() bool { return len(h.conversations(ch)) == 1 })
	at := fmt.Sprint("/v1/conversations/", h.one(ch)["id"])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	states := make(chan string, 10)
	listening := make(chan struct{})
	go func() {
		events := h.follow(ctx, "")
		close(listening)
		for e := range events {
			if e.name == "channel.health" {
				states <- e.data["channel"].(object)["health"].(object)["state"].(string)
			}
		}
	}()
	<-listening

	dead.Store(true)
	for i := range 3 {
		h.must(202, "POST", at+"/messages", object{"text": fmt.Sprint("answer ", i)}, adminToken)
	}
	require.Equal(t, "suspended", <-states)
	h.eventually("agents see why", func() bool {
		return h.must(200, "GET", at, nil, adminToken)["channel_trouble"] != nil
	})
	require.Equal(t, "suspended", h.must(200, "GET", "/v1/channels/"+ch, nil, adminToken)["health"].(object)["state"])
	h.eventually("nothing is lost, nothing is claimed to be sent", func() bool {
		for _, m := range h.messages(h.one(ch)["id"])[1:] {
			if m["status"] != "queued" {
				return false
			}
		}
		return true
	})
	require.Len(t, stub.sent("sendMessage"), 1, "no storm")

	check := h.must(200, "POST", "/v1/channels/"+ch+"/check", nil, adminToken)
	require.Equal(t, false, check["ok"])
	dead.Store(false)
	check = h.must(200, "POST", "/v1/channels/"+ch+"/check", nil, adminToken)
	require.Equal(t, true, check["ok"], check)
	require.Equal(t, "ok", <-states)
	h.eventually("what waited goes out", func() bool { return len(stub.sent("sendMessage")) == 4 })
	for i, c := range stub.sent("sendMessage")[1:] {
		require.Equal(t, fmt.Sprint("answer ", i), c.body["text"], "in its order")
	}
	require.Nil(t, h.must(200, "GET", at, nil, adminToken)["channel_trouble"])
}
