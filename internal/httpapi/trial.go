package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/nullable"

	"threadhub/api"
	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/normalize"
	"threadhub/threads"
)

// TryChannel implements POST /v1/channels/try.
func (s *server) TryChannel(c *gin.Context, _ api.TryChannelParams) {
	var in api.ChannelTrial
	if !s.decode(c, &in) {
		return
	}
	trial, err := s.trialOf(c, in)
	if err == nil && trial.Channel != "" {
		_, err = s.channel(c, string(trial.Channel))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	result, err := s.Channels.Try(c.Request.Context(), trial)
	if err != nil {
		s.fail(c, err)
		return
	}
	view, err := trialView(result)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, view)
}

func (s *server) trialOf(c *gin.Context, in api.ChannelTrial) (channels.Trial, error) {
	t := channels.Trial{
		Kind: value(in.Kind), Channel: threads.ChannelID(value(in.ChannelID)), Settings: value(in.Settings),
		Credentials: value(in.Credentials), At: time.Now().UTC(), To: peer(value(in.To)),
	}
	if t.Kind == "" {
		t.Kind = "custom"
	}
	if in.ReceivedAt != nil {
		t.At = in.ReceivedAt.UTC()
	}
	if in.Payload != nil || in.Method != nil {
		req, err := s.pasted(in)
		if err != nil {
			return t, err
		}
		t.Request = req
	}
	if in.Message != nil {
		cmd, err := s.sendCommand(c, "message", *in.Message)
		if err != nil {
			return t, err
		}
		t.Message = &cmd.Content
		if cmd.ReplyTo != "" {
			t.Message.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(cmd.ReplyTo)}
		}
	}
	return t, nil
}

// pasted is the request as the platform would have made it.
func (s *server) pasted(in api.ChannelTrial) (*connectors.Request, error) {
	address := value(in.URL)
	if address == "" {
		address = s.PublicURL + webhookPath + "ch_trial"
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, invalid(fieldError{"url", "is not an address"})
	}
	req := &connectors.Request{
		Method: http.MethodPost, URL: address, Query: u.Query(), Header: http.Header{}, Body: payloadOf(value(in.Payload)),
		RemoteIP: value(in.RemoteIP),
	}
	if in.Method != nil {
		req.Method = string(*in.Method)
	}
	for name, v := range value(in.Headers) {
		req.Header.Add(name, v)
	}
	return req, nil
}

// payloadOf is the body: a text as it is, anything else as JSON.
func payloadOf(raw json.RawMessage) []byte {
	var text string
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	return raw
}

func trialView(r channels.TrialResult) (api.ChannelTrialResult, error) {
	caps, err := capabilitiesJSON(r.Caps)
	if err != nil {
		return api.ChannelTrialResult{}, err
	}
	v := api.ChannelTrialResult{
		Verification: null[api.ChannelTrialVerification](), Handshake: replyView(r.Handshake),
		Acknowledgement: replyView(r.Acknowledgment), Events: []json.RawMessage{}, Calls: convert(r.Calls, trialCallView),
		Losses: convert(r.Losses, text[string]), Warnings: convert(r.Warnings, text[string]), Capabilities: caps,
		Problems: convert(r.Problems, func(f channels.FieldError) api.ChannelTrialProblem {
			return api.ChannelTrialProblem{Field: f.Field, Message: f.Message}
		}),
	}
	if r.Verification != "" {
		v.Verification = nullable.NewNullableWithValue(api.ChannelTrialVerification{OK: r.Verified, Detail: r.Verification})
	}
	for _, ev := range r.Events {
		raw, err := json.Marshal(ev)
		if err != nil {
			return v, err
		}
		v.Events = append(v.Events, raw)
	}
	return v, nil
}

func replyView(r *connectors.Reply) nullable.Nullable[api.ChannelTrialReply] {
	if r == nil {
		return null[api.ChannelTrialReply]()
	}
	return nullable.NewNullableWithValue(api.ChannelTrialReply{Status: r.Status, ContentType: r.ContentType, Body: string(r.Body)})
}

func trialCallView(call *connectors.Call) api.ChannelTrialCall {
	v := api.ChannelTrialCall{
		Name: call.Name, Part: call.Part + 1, Method: call.Method, URL: call.URL, Headers: map[string]string{}, Body: string(call.Body),
		Visible: call.Visible,
	}
	for name, values := range call.Header {
		v.Headers[name] = strings.Join(values, ", ")
	}
	if call.Upload != nil {
		v.Upload = &call.Upload.URL
	}
	return v
}
