package custom

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
)

// token is how an access token is got and where it goes.
type token struct {
	request        *call
	access         *expression.Program
	expiresIn      *expression.Program
	rotated        map[string]*expression.Program
	header, prefix string
}

func (c *compiler) getToken(d *tokenDef) {
	if d == nil {
		return
	}
	const path = "settings.token"
	t := &token{header: d.Header, prefix: "Bearer ", rotated: map[string]*expression.Program{}}
	if t.header == "" {
		t.header = "Authorization"
	}
	c.header(path+".header", t.header)
	if d.Prefix != nil {
		t.prefix = *d.Prefix
	}
	t.request = c.call(scopeSetup, path+".request", opToken, d.Request)
	t.access = c.expr(scopeAnswer, path+".access", d.Access, scalar)
	t.expiresIn = c.optional(scopeAnswer, path+".expires_in", d.ExpiresIn, scalar)
	for _, name := range slices.Sorted(maps.Keys(d.Rotated)) {
		c.secret(path+".rotated."+name, name)
		t.rotated[name] = c.expr(scopeAnswer, path+".rotated."+name, d.Rotated[name], scalar)
	}
	c.out.token = t
}

// TokenCall makes the call that gets an access token; nil when the definition
// names none.
func (ch *channel) TokenCall(time.Time) (*connectors.Call, error) {
	if ch.def.token == nil {
		return nil, nil
	}
	return ch.setup(ch.def.token.request, ch.webhookURL)
}

// ReadToken reads the token out of the answer.
func (ch *channel) ReadToken(resp *connectors.Response) (connectors.Token, error) {
	t := ch.def.token
	if t == nil || resp.Status < 200 || resp.Status > 299 {
		return connectors.Token{}, fmt.Errorf("custom: token: the platform answered with status %d", resp.Status)
	}
	budget := expression.NewBudget()
	a := newAnswer(resp, budget)
	out := connectors.Token{Access: connectors.NewSecret(a.text(t.access)), Rotated: map[string]connectors.Secret{}}
	if out.Access.Empty() {
		return connectors.Token{}, errors.New("custom: token: the answer holds none where token.access looks")
	}
	if seconds, err := strconv.ParseFloat(a.text(t.expiresIn), 64); err == nil && seconds > 0 && seconds < 1e9 {
		out.TTL = time.Duration(seconds * float64(time.Second))
	}
	for name, p := range t.rotated {
		if v := a.text(p); v != "" {
			out.Rotated[name] = connectors.NewSecret(v)
		}
	}
	return out, nil
}

// Authorize puts the token into calls to the hosts that the definition writes
// out, and into no others.
func (ch *channel) Authorize(call *connectors.Call, access connectors.Secret) {
	k := ch.def.calls[call.Name]
	if ch.def.token == nil || access.Empty() || k == nil || k.url.open {
		return
	}
	call.Header.Set(ch.def.token.header, ch.def.token.prefix+access.Reveal())
}
