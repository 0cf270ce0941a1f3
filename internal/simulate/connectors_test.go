package simulate

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	tgconnector "threadhub/connectors/telegram"
	waconnector "threadhub/connectors/whatsapp"
	"threadhub/normalize"
)

// opened is the real connector for a simulated account.
func opened(t *testing.T, p Platform) connectors.Connector {
	t.Helper()
	kinds := connectors.Set{tgconnector.Kind(), waconnector.Kind()}
	acc := p.Account()
	kind, ok := kinds.Lookup(acc.Kind)
	require.True(t, ok)
	set := map[string]string{"api_base_url": "http://sim/" + acc.Kind}
	maps.Copy(set, acc.Settings)
	settings, err := json.Marshal(set)
	require.NoError(t, err)
	cfg := connectors.Config{Credentials: map[string]connectors.Secret{}, Settings: settings}
	for k, v := range acc.Credentials {
		cfg.Credentials[k] = connectors.NewSecret(v)
	}
	c, err := kind.New(cfg)
	require.NoError(t, err)
	return c
}

func TestTheRealConnectorsUnderstandEveryAct(t *testing.T) {
	at := time.Date(2026, 10, 1, 9, 30, 0, 0, time.UTC)
	for _, kind := range Kinds() {
		for _, who := range Cast() {
			p := openPlatform(t, kind)
			c := opened(t, p)
			say := Act{Kind: Say, By: who, At: at, Text: "Grüß Gott 👋 " + who.Name()}
			_, first, _ := p.Webhook(say)
			for _, tc := range []struct {
				act  Act
				want normalize.EventType
				typ  normalize.MessageType
			}{
				{say, normalize.EventMessage, normalize.TypeText},
				{Act{Kind: Photo, Text: "look"}, normalize.EventMessage, normalize.TypeImage},
				{Act{Kind: Place, Text: "home", Latitude: 1.5, Longitude: -2}, normalize.EventMessage, normalize.TypeLocation},
				{Act{Kind: Press, Target: first, Button: Button{"b1", "Yes"}}, normalize.EventMessage, normalize.TypeReply},
				{Act{Kind: Edit, Target: first, Written: at, Text: "better"}, normalize.EventEdit, ""},
				{Act{Kind: React, Target: first, Text: "👍"}, normalize.EventReaction, ""},
				{Act{Kind: Receipt, Target: first, Status: "read", Ref: "msg_1"}, normalize.EventReceipt, ""},
			} {
				tc.act.By, tc.act.At = who, at
				hook, _, ok := p.Webhook(tc.act)
				if !ok {
					require.Equal(t, Receipt, tc.act.Kind)
					require.Equal(t, kindTelegram, kind)
					continue
				}
				req := &connectors.Request{Method: http.MethodPost, Header: hook.Header, Body: hook.Body}
				require.NoError(t, c.Verify(req, at))
				events, err := c.Parse(req)
				require.NoError(t, err)
				require.Len(t, events, 1)
				ev := events[0]
				require.Equal(t, tc.want, ev.Type, "%s", hook.Body)
				require.NotEmpty(t, ev.Peer.ID)
				if kind != kindTelegram || tc.act.Kind != Press { // a press on Telegram has no time
					require.Equal(t, at, ev.At.UTC())
				}
				if tc.typ != "" {
					require.Equal(t, tc.typ, ev.Message.Type, "%s", hook.Body)
				}
				if tc.act.Kind == Say {
					require.Equal(t, tc.act.Text, ev.Message.Text)
					require.Equal(t, who.Name(), ev.Peer.Name)
				}
				if tc.act.Kind == Receipt {
					require.Equal(t, "msg_1", ev.Receipt.Ref)
				}

				forged := &connectors.Request{Method: http.MethodPost, Header: http.Header{}, Body: hook.Body}
				require.ErrorIs(t, c.Verify(forged, at), connectors.ErrSignature)
			}
		}
	}
}

func TestTheRealConnectorsSendToTheSimulator(t *testing.T) {
	for _, kind := range Kinds() {
		for _, who := range Cast() {
			p := openPlatform(t, kind)
			c := opened(t, p)
			hook, _, _ := p.Webhook(Act{Kind: Say, By: who, At: time.Now(), Text: "hi"})
			events, err := c.Parse(&connectors.Request{Method: http.MethodPost, Header: hook.Header, Body: hook.Body})
			require.NoError(t, err)
			out := &normalize.Outbound{ID: "msg_9", To: events[0].Peer, Parts: []normalize.Message{{
				Type: normalize.TypeText, Text: "Which?", Buttons: []normalize.Button{{ID: "y", Title: "Yes"}},
			}}, LastInbound: events[0].Message.ID}
			call, err := c.Next(out, nil)
			require.NoError(t, err)
			require.NotNil(t, call)
			answer := carry(t, p, call)
			require.NotNil(t, answer.Sent, "%s", answer.Body)
			require.Equal(t, who.Index, answer.Sent.Customer, "the reply finds its customer")
			require.Equal(t, "Which?", answer.Sent.Text)
			require.Equal(t, []Button{{"y", "Yes"}}, answer.Sent.Buttons)
			if kind == kindWhatsApp {
				require.Equal(t, "msg_9", answer.Sent.Ref)
			}
			verdict := c.Classify(call, &connectors.Response{Status: answer.Status, Body: answer.Body})
			require.Equal(t, connectors.Done, verdict.Verdict)
			require.NotEmpty(t, verdict.IDs)
		}
	}
}

func TestTheRealConnectorsFindTheirChannelsInOrder(t *testing.T) {
	for _, kind := range Kinds() {
		p := openPlatform(t, kind)
		c := opened(t, p)
		check, ok := c.(connectors.Checker)
		require.True(t, ok)
		call := check.Check()
		answer := carry(t, p, call)
		require.Equal(t, connectors.Done, c.Classify(call, &connectors.Response{Status: answer.Status, Body: answer.Body}).Verdict, "%s", answer.Body)
	}
}

func TestTheRealConnectorsFetchAPhoto(t *testing.T) {
	for _, kind := range Kinds() {
		p := openPlatform(t, kind)
		c := opened(t, p)
		hook, _, _ := p.Webhook(Act{Kind: Photo, By: Cast()[1], At: time.Now(), Text: "look"})
		events, err := c.Parse(&connectors.Request{Method: http.MethodPost, Header: hook.Header, Body: hook.Body})
		require.NoError(t, err)
		require.Len(t, events[0].Message.Attachments, 1)
		resolver, ok := c.(connectors.MediaResolver)
		require.True(t, ok)
		var done []connectors.Response
		for range 3 {
			call, err := resolver.Media(&events[0].Message.Attachments[0], done)
			require.NoError(t, err)
			if call == nil {
				break
			}
			answer := carry(t, p, call)
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			done = append(done, connectors.Response{Status: answer.Status, Header: answer.Header, Body: answer.Body})
			if len(done) == 2 {
				break
			}
		}
		require.Equal(t, "\x89PNG", string(done[len(done)-1].Body[:4]))
	}
}

// carry hands a connector's call to the platform, as the server would.
func carry(t *testing.T, p Platform, call *connectors.Call) Answer {
	t.Helper()
	u, err := url.Parse(call.URL)
	require.NoError(t, err)
	path, ok := strings.CutPrefix(u.Path, "/"+p.Account().Kind)
	require.True(t, ok, "%s is not below the platform's address", u.Path)
	header := call.Header
	if header == nil {
		header = http.Header{}
	}
	return p.Serve(Call{
		Kind: p.Account().Kind, At: time.Now(), Method: call.Method, Path: path, Query: u.Query(),
		Header: header, Body: call.Body, Base: "http://sim/" + p.Account().Kind,
	})
}
