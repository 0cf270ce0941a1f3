package conntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// The invented platform wants a token that it changes for a refresh token, a
// seal on every call, and files as bytes.

func (p *postcard) TokenCall(now time.Time) (*connectors.Call, error) {
	return &connectors.Call{
		Name: "token", Method: http.MethodPost, URL: "https://postcard.example/token", Visible: p.flaw == "asks for a token visibly",
		Body: []byte(`{"refresh":"` + p.refresh + `","at":` + strconv.FormatInt(now.Unix(), 10) + `}`),
	}, nil
}

func (p *postcard) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	var a struct {
		Token, Refresh string
		Seconds        int64
	}
	err := json.Unmarshal(resp.Body, &a)
	switch {
	case p.flaw == "panics on tokens" && err != nil:
		panic("no JSON")
	case p.flaw == "tells the key with a token" && strings.Contains(string(resp.Body), p.key):
		return connectors.Token{}, fmt.Errorf("no token in %s", resp.Body)
	case p.flaw == "takes any token" && err == nil:
	case err != nil || a.Token == "" || p.flaw == "reads no token":
		return connectors.Token{}, errors.New("the answer holds no token")
	}
	token := connectors.Token{
		Access: connectors.NewSecret(a.Token), TTL: time.Duration(a.Seconds) * time.Second,
		Rotated: map[string]connectors.Secret{"refresh": connectors.NewSecret(a.Refresh)},
	}
	switch p.flaw {
	case "has tokens that ended":
		token.TTL = -time.Second
	case "renews what it does not have":
		token.Rotated["stamp"] = connectors.NewSecret("x")
	case "renews by nothing":
		token.Rotated["refresh"] = connectors.Secret{}
	}
	return token, nil
}

func (p *postcard) Authorize(call *connectors.Call, access connectors.Secret) {
	call.Header.Set("Authorization", "Bearer "+access.Reveal())
	if p.flaw == "shows the token to others" && call.Upload != nil {
		call.Upload.URL += "?token=" + access.Reveal()
	}
}

func (p *postcard) Sign(call *connectors.Call, now time.Time, nonce string) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	call.Header.Set("X-Postcard-Seal", stamp+"."+nonce+"."+proof(p.key, stamp+nonce, []byte(call.Method+call.URL))[:16])
	switch p.flaw {
	case "renames what it signs":
		call.Name += " (signed)"
	case "signs into the address":
		call.URL += "?refresh=" + p.refresh
	}
}

// parcel is a call that carries a file.
func (p *postcard) parcel(out *normalize.Outbound, n int) *connectors.Call {
	part := out.Parts[n]
	call := &connectors.Call{
		Name: "parcel", Method: http.MethodPost, URL: "https://postcard.example/parcel", Part: n, Visible: true,
		Upload: &connectors.Upload{
			URL: part.Attachments[0].URL, Field: "file", Name: part.Attachments[0].Name, MIME: part.Attachments[0].MIME,
			Fields: []connectors.FormField{{Name: "to", Value: string(out.To.ID)}, {Name: "note", Value: part.Text}}, MaxBytes: 5 << 20,
		},
	}
	switch p.flaw {
	case "has a parcel without a bound":
		call.Upload.MaxBytes = 0
	case "has a body and a parcel":
		call.Body = []byte("too much")
	}
	return call
}

var (
	_ connectors.Tokened = (*postcard)(nil)
	_ connectors.Signer  = (*postcard)(nil)
)
