package app_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// holding lists the files under the directory that hold the text.
func holding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	}))
	return found
}

func TestAnErasedContactIsFoundNowhereAndTheFiguresStay(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	s := newSubscriber(t, nil)
	h.subscribe(s, object{"events": []string{"message.created", "contact.erased"}})
	const user, secret, other = 7788990, "my-diagnosis-is-canary", "nothing-to-hide"
	require.Equal(t, 200, h.tg(ch, update(user, secret)))
	require.Equal(t, 200, h.tg(ch, update(42, other)))
	h.eventually("both are there", func() bool { return len(h.conversations(ch)) == 2 })
	var conv, kept object
	for _, c := range h.conversations(ch) {
		if c["contact"].(object)["external_id"] == "7788990" {
			conv = c
		} else {
			kept = c
		}
	}
	id := conv["id"].(string)
	contact := conv["contact"].(object)["id"].(string)
	_, token := h.agent("bea")
	h.must(202, "POST", "/v1/conversations/"+id+"/messages", object{"text": "about " + secret}, token)
	h.must(202, "POST", "/v1/conversations/"+id+"/messages", object{"text": "note on " + secret, "internal": true}, token)
	h.eventually("the answer is sent", func() bool { return len(platform.sent("/sendMessage")) == 1 })
	h.eventually("subscribers know", func() bool { return len(s.heard()) == 4 })

	export := h.must(200, "GET", "/v1/contacts/"+contact+"/export", nil, adminToken)
	require.Equal(t, contact, export["contact"].(object)["id"])
	one := export["conversations"].([]any)[0].(object)
	require.Len(t, one["messages"], 3)
	require.NotEmpty(t, one["log"])
	require.Equal(t, secret, one["messages"].([]any)[0].(object)["text"])

	status, _ := h.call("DELETE", "/v1/contacts/"+contact, nil, adminToken)
	require.Equal(t, 204, status, h.log.String())
	status, _ = h.call("DELETE", "/v1/contacts/"+contact, nil, adminToken)
	require.Equal(t, 204, status, "again")
	for _, path := range []string{"/v1/contacts/" + contact, "/v1/contacts/" + contact + "/export"} {
		status, _ = h.call("GET", path, nil, adminToken)
		require.Equal(t, 404, status, path)
	}
	got := h.get(id)
	require.Equal(t, "closed", got["status"])
	require.NotEqual(t, contact, got["contact"].(object)["id"])
	require.Equal(t, []any{nil, "", nil}, []any{got["contact"].(object)["name"], got["contact"].(object)["external_id"], got["last_message"]})
	for _, m := range h.messages(id) {
		require.Equal(t, []any{nil, []any{}}, []any{m["text"], m["external_ids"]})
		require.NotNil(t, m["deleted_at"])
	}
	status, refused := h.call("POST", "/v1/conversations/"+id+"/follow-up", object{"message": object{"text": "hello?"}}, token)
	require.GreaterOrEqual(t, status, 400, refused)
	report := h.must(200, "GET", "/v1/reports/conversations?from=2020-01-01T00:00:00.000Z&to=2099-01-01T00:00:00.000Z&group_by=channel", nil, adminToken)
	require.NotEmpty(t, report)
	require.Equal(t, other, h.messages(kept["id"])[0]["text"], "others keep theirs")
	h.eventually("subscribers are told", func() bool { return contains(s.types(), "contact.erased") })
	last := s.heard()[len(s.heard())-1].event["contact"].(object)
	require.Equal(t, contact, last["id"])
	require.NotContains(t, last["identities"], "7788990")

	// Who writes again is somebody new.
	require.Equal(t, 200, h.tg(ch, update(user, "hello again")))
	h.eventually("it arrives", func() bool { return len(h.conversations(ch)) == 3 })
	for _, c := range h.conversations(ch) {
		if c["contact"].(object)["external_id"] == "7788990" {
			require.NotEqual(t, contact, c["contact"].(object)["id"])
			require.Nil(t, c["follow_up_of"])
		}
	}
	require.NotContains(t, h.log.String(), secret)
}

func TestErasedTextIsInNoFile(t *testing.T) {
	cfg := newConfig(t)
	h := startHub(t, cfg)
	ch := h.telegram("", nil)
	const secret, other = "my-diagnosis-is-canary", "nothing-to-hide"
	require.Equal(t, 200, h.tg(ch, update(7788990, secret)))
	contact := h.one(ch)["contact"].(object)["id"].(string)
	require.Equal(t, 200, h.tg(ch, update(42, other)))
	h.eventually("both are there", func() bool { return len(h.conversations(ch)) == 2 })
	require.NotEmpty(t, holding(t, cfg.DataDir, secret))
	h.eventually("it is erased", func() bool {
		status, _ := h.call("DELETE", "/v1/contacts/"+contact, nil, adminToken)
		return status == 204
	})
	require.NoError(t, h.stop())
	require.Empty(t, holding(t, cfg.DataDir, secret))
	require.NotEmpty(t, holding(t, cfg.DataDir, other))
}

func TestWhoOptsOutIsListedAndLeftInPeace(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := telegramStub(t)
	ch := h.telegram(platform.URL, nil)
	require.Equal(t, 200, h.tg(ch, update(42, "no more please")))
	conv := h.one(ch)
	contact := conv["contact"].(object)["id"].(string)
	_, token := h.agent("bea")
	require.Empty(t, h.list("/v1/opt-outs"))
	h.must(200, "PATCH", "/v1/contacts/"+contact, object{"consents": object{"": "opted_out", "news": "opted_in"}}, adminToken)
	list := h.list("/v1/opt-outs")
	require.Len(t, list, 1)
	require.Equal(t, contact, list[0]["contact"].(object)["id"])
	require.Equal(t, []any{object{"category": "", "status": "opted_out"}}, list[0]["categories"])
	h.solve(conv["id"], token)
	h.must(200, "PATCH", "/v1/conversations/"+conv["id"].(string), object{"status": "closed"}, adminToken)
	status, refused := h.call("POST", "/v1/conversations", object{"channel_id": ch, "to": "42", "message": object{"text": "buy!"}}, token)
	require.Equal(t, 409, status, refused)
	require.Equal(t, "contact_opted_out", refused["code"])
	require.Empty(t, platform.sent("/sendMessage"))
	h.must(200, "PATCH", "/v1/contacts/"+contact, object{"consents": object{"": "opted_in"}}, adminToken)
	require.Empty(t, h.list("/v1/opt-outs"))
}
