package app_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// acmeDraft is the channel of the documentation's example, with its calls going
// to a stub.
func acmeDraft(t *testing.T, api string) object {
	t.Helper()
	raw, err := os.ReadFile("../../docs/custom-connectors.md")
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)```json channel\n(.*?)```").FindSubmatch(raw)
	require.NotNil(t, found)
	var draft object
	require.NoError(t, json.Unmarshal(found[1], &draft))
	draft["settings"].(object)["api_base_url"] = api
	return draft
}

const acmeSecret = "whsec-1"

func (h *hub) acmeHook(channel string, events ...object) int {
	body := webhookBody(h.t.(*testing.T), object{"events": events})
	return h.hook(channel, body, http.Header{"X-Sig": {"sha256=" + hex.EncodeToString(webhookMAC(acmeSecret, body))}})
}

func acmeMessage(id, text string) object {
	return object{"kind": "msg", "id": id, "from": "c-77", "name": "Ida Lund", "ts": time.Now().UnixMilli(), "text": text}
}

func TestAPlatformNobodyCodedForTalksBothWays(t *testing.T) {
	h := startHub(t, newConfig(t))
	var n atomic.Int32
	platform := newStub(t, func(r recorded) (int, any) {
		switch n.Add(1) {
		case 1:
			return 500, object{"msg": "out of order"}
		case 2:
			return 429, object{"msg": "slower"}
		}
		return 200, object{"id": "out-1", "code": 0}
	})
	ch := h.must(201, "POST", "/v1/channels", acmeDraft(t, platform.URL), adminToken)
	require.Empty(t, ch["warnings"])
	id := ch["id"].(string)
	_, token := h.agent("bea")

	st, _ := h.call("GET", "/webhooks/"+id+"?challenge=xyz&token="+acmeSecret, nil, "")
	require.Equal(t, 200, st, "the handshake is answered")
	st, _ = h.call("GET", "/webhooks/"+id+"?challenge=xyz&token=guess", nil, "")
	require.Equal(t, 403, st)
	require.Equal(t, 401, h.hook(id, []byte(`{"events":[]}`), http.Header{"X-Sig": {"sha256=00"}}), "nothing unverified comes in")

	require.Equal(t, 200, h.acmeHook(id, acmeMessage("m-1", "Is the blue one back?"), object{"kind": "party"}))
	require.Equal(t, 200, h.acmeHook(id, acmeMessage("m-1", "Is the blue one back?")), "a redelivery")
	conv := h.one(id)
	require.Equal(t, "Ida Lund", conv["contact"].(object)["name"])
	h.eventually("the item no rule is for is kept", func() bool {
		return strings.Contains(fmt.Sprint(h.list("/v1/quarantine")), "no rule")
	})

	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": `It "is"!`}, token)
	h.eventually("the answer is out after a 500 and a 429", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
	calls := platform.sent("/send")
	require.Len(t, calls, 3)
	require.Equal(t, "Bearer api-1", calls[2].header.Get("Authorization"))
	require.Equal(t, object{"to": "c-77", "body": `It "is"!`, "ref": h.messages(conv["id"])[1]["id"]}, calls[2].body)

	for _, state := range []string{"DLV", "SEEN"} {
		require.Equal(t, 200, h.acmeHook(id, object{"kind": "receipt", "id": "out-1", "state": state}))
	}
	require.Equal(t, 200, h.acmeHook(id, object{"kind": "react", "id": "out-1", "from": "c-77", "emoji": "👍"}))
	h.eventually("the customer has read it and likes it", func() bool {
		m := h.messages(conv["id"])[1]
		return m["status"] == "read" && len(m["reactions"].([]any)) == 1
	})
	require.Len(t, h.messages(conv["id"]), 2, "the redelivery made no second message")
	require.NotContains(t, h.log.String(), "whsec-1")
	require.NotContains(t, h.log.String(), "Bearer api-1")
}

func TestACustomChannelWithDeadCredentialsStopsAndGoesOnWithOthers(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(r recorded) (int, any) {
		if r.header.Get("Authorization") == "Bearer api-1" {
			return 401, object{"msg": "no"}
		}
		return 200, object{"id": fmt.Sprintf("out-%d", r.n)}
	})
	id := h.must(201, "POST", "/v1/channels", acmeDraft(t, platform.URL), adminToken)["id"].(string)
	_, token := h.agent("bea")
	require.Equal(t, 200, h.acmeHook(id, acmeMessage("m-1", "hi")))
	conv := h.one(id)
	h.must(202, "POST", fmt.Sprintf("/v1/conversations/%s/messages", conv["id"]), object{"text": "hello"}, token)
	state := func() any {
		return h.must(200, "GET", "/v1/channels/"+id, nil, adminToken)["health"].(object)["state"]
	}
	h.eventually("the channel is suspended", func() bool { return state() == "suspended" })
	h.eventually("the message waits", func() bool { return h.messages(conv["id"])[1]["status"] == "queued" })
	h.must(200, "PATCH", "/v1/channels/"+id, object{"credentials": object{"token": "api-2"}}, adminToken)
	require.Equal(t, "unchecked", state())
	h.eventually("the message goes out", func() bool { return h.messages(conv["id"])[1]["status"] == "sent" })
}

func TestASecretIsReplacedWithoutLosingAWebhook(t *testing.T) {
	h := startHub(t, newConfig(t))
	id := h.must(201, "POST", "/v1/channels", acmeDraft(t, "https://api.acme.example"), adminToken)["id"].(string)
	h.must(200, "PATCH", "/v1/channels/"+id, object{"credentials": object{"secret": "whsec-2", "secret_previous": acmeSecret}}, adminToken)
	require.Equal(t, 200, h.acmeHook(id, acmeMessage("m-1", "signed with the old one")))
	h.must(200, "PATCH", "/v1/channels/"+id, object{"credentials": object{"secret_previous": ""}}, adminToken)
	require.Equal(t, 401, h.acmeHook(id, acmeMessage("m-2", "signed with the old one")))
}

func TestACustomChannelWithoutVerificationWarns(t *testing.T) {
	h := startHub(t, newConfig(t))
	draft := acmeDraft(t, "https://api.acme.example")
	draft["settings"].(object)["verify"] = []object{{"mode": "none"}}
	delete(draft["settings"].(object), "handshake")
	ch := h.must(201, "POST", "/v1/channels", draft, adminToken)
	require.Len(t, ch["warnings"], 1)
	id := ch["id"].(string)
	require.Contains(t, fmt.Sprint(h.must(200, "POST", "/v1/channels/"+id+"/check", nil, adminToken)["detail"]), "verify: none")
	require.Equal(t, 200, h.hook(id, []byte(`{"events":[{"kind":"msg","id":"m-1","from":"c-1","ts":1773480413000,"text":"hi"}]}`), http.Header{}))
	h.one(id)

	changed := h.must(200, "PATCH", "/v1/channels/"+id, object{"settings": acmeDraft(t, "https://api.acme.example")["settings"]}, adminToken)
	require.Empty(t, changed["warnings"], "with verification the warning is gone")
	require.Equal(t, 401, h.hook(id, []byte(`{"events":[]}`), http.Header{}))
}

func TestASecretInTheAddressIsNotKept(t *testing.T) {
	h := startHub(t, newConfig(t))
	raw, err := os.ReadFile("../../testdata/custom/smsgate/settings.json")
	require.NoError(t, err)
	id := h.must(201, "POST", "/v1/channels", object{
		"kind": "custom", "name": "SMS", "credentials": object{"key": "address-canary", "password": "p-canary"}, "settings": json.RawMessage(raw),
	}, adminToken)["id"].(string)
	req, err := http.NewRequest("POST", h.base+"/webhooks/"+id+"?key=address-canary", strings.NewReader("id=1&from=%2B3519&text=oi&at=1773480413"))
	require.NoError(t, err)
	st, answer := h.do(req)
	require.Equal(t, 200, st)
	require.Contains(t, answer["raw"], `<response status="ok"><id>1</id></response>`)
	h.one(id)
	entries := h.list("/v1/channels/" + id + "/events")
	require.Len(t, entries, 1)
	require.NotContains(t, fmt.Sprint(entries), "address-canary")
	require.NotContains(t, h.log.String(), "address-canary")
}

func TestADefinitionIsRefusedByFieldAndNothingIsStored(t *testing.T) {
	cfg := newConfig(t)
	cfg.AllowPrivateNetworks = false
	h := startHub(t, cfg)
	tests := map[string]struct {
		change func(settings object)
		field  string
		says   string
	}{
		"an expression with a slip": {
			func(s object) { s["inbound"].(object)["items"] = "boody.events" }, "settings.inbound.items", "column 1: 'boody'",
		},
		"a field that the schema does not have": {
			func(s object) { s["inbound"].(object)["rulez"] = []object{} }, "settings.inbound.rulez", "is not a field",
		},
		"a secret that is not set": {
			func(s object) { s["verify"].([]any)[0].(object)["secret"] = "other" }, "settings.verify.0.secret", `"other", which is not set`,
		},
		"a private address in a call": {
			func(s object) { s["outbound"].(object)["text"].(object)["url"] = "https://169.254.169.254/latest" }, "settings.outbound.text.url", "",
		},
		"no verification at all": {func(s object) { s["verify"] = []object{} }, "settings.verify", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			draft := acmeDraft(t, "https://api.acme.example")
			delete(draft["settings"].(object), "api_base_url")
			tt.change(draft["settings"].(object))
			out := h.must(422, "POST", "/v1/channels", draft, adminToken)
			fields := map[string]string{}
			for _, e := range out["errors"].([]any) {
				fields[e.(object)["field"].(string)] = e.(object)["message"].(string)
			}
			require.Contains(t, fields, tt.field)
			require.Contains(t, fields[tt.field], tt.says)
			require.Empty(t, h.list("/v1/channels"))
		})
	}
}

func TestTryingAChannelStoresAndSendsNothing(t *testing.T) {
	h := startHub(t, newConfig(t))
	platform := newStub(t, func(recorded) (int, any) { return 200, object{"id": "out-1"} })
	draft := acmeDraft(t, platform.URL)
	body := string(webhookBody(t, object{"events": []object{acmeMessage("m-1", "Is it back?"), {"kind": "party"}}}))
	signature := "sha256=" + hex.EncodeToString(webhookMAC(acmeSecret, []byte(body)))

	out := h.must(200, "POST", "/v1/channels/try", object{
		"settings": draft["settings"], "credentials": draft["credentials"], "payload": body, "headers": object{"x-sig": signature},
		"message": object{"text": "It is!"},
	}, adminToken)
	require.Equal(t, true, out["verification"].(object)["ok"])
	require.Len(t, out["events"], 2)
	require.Contains(t, fmt.Sprint(out["problems"]), "no rule")
	call := out["calls"].([]any)[0].(object)
	require.Equal(t, platform.URL+"/send", call["url"])
	require.Equal(t, "Bearer {token}", call["headers"].(object)["Authorization"])
	require.JSONEq(t, `{"to":"c-77","body":"It is!","ref":"msg_trial"}`, call["body"].(string))
	require.NotContains(t, fmt.Sprint(out), "whsec-1")

	bare := h.must(200, "POST", "/v1/channels/try", object{"settings": draft["settings"], "payload": json.RawMessage(body)}, adminToken)
	require.Equal(t, false, bare["verification"].(object)["ok"], "without credentials nothing is verified")
	require.Contains(t, fmt.Sprint(bare["problems"]), "credentials.secret")
	require.Len(t, bare["events"], 2, "and everything else is shown")

	hello := h.must(200, "POST", "/v1/channels/try", object{
		"settings": draft["settings"], "credentials": draft["credentials"], "method": "GET", "url": "https://hub.example/webhooks/x?challenge=7&token=whsec-1",
	}, adminToken)
	require.Equal(t, "7", hello["handshake"].(object)["body"])

	h.must(422, "POST", "/v1/channels/try", object{"settings": object{}, "payload": "{}"}, adminToken)
	_, token := h.agent("bea")
	h.must(403, "POST", "/v1/channels/try", object{"settings": draft["settings"]}, token)
	require.Empty(t, h.list("/v1/channels"))
	require.Empty(t, platform.sent(""))

	// A saved channel's credentials are used, and not shown.
	id := h.must(201, "POST", "/v1/channels", draft, adminToken)["id"]
	saved := h.must(200, "POST", "/v1/channels/try", object{
		"channel_id": id, "payload": body, "headers": object{"X-Sig": signature}, "message": object{"text": "hi"},
	}, adminToken)
	require.Equal(t, true, saved["verification"].(object)["ok"])
	require.NotContains(t, fmt.Sprint(saved), "api-1")
}
