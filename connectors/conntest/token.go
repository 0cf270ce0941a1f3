package conntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"threadhub/connectors"
)

// accessToken is the token that every call of a [connectors.Tokened] connector
// carries; goldens show it as {access token}. A space keeps that apart from the
// name of any credential. The nonce is what every call is signed with.
const (
	accessToken     = "conntest-access-token-4f1d2c"
	accessTokenName = "access token"
	nonce           = "conntest-nonce-0123456789abcdef"
)

// access is the token that calls carry: an empty one when the connector says
// that the one in its credentials is to be used.
func (b *bench) access() connectors.Secret {
	t, ok := b.conn.(connectors.Tokened)
	if !ok {
		return connectors.Secret{}
	}
	if call, err := t.TokenCall(signedAt()); err == nil && call == nil {
		return connectors.Secret{}
	}
	return connectors.NewSecret(accessToken)
}

// dressed answers a copy of the call as the hub sends it: with the token and
// signed.
func (b *bench) dressed(call *connectors.Call) *connectors.Call {
	out := copyOf(call)
	if t, ok := b.conn.(connectors.Tokened); ok {
		t.Authorize(out, b.access())
	}
	return b.stamped(out)
}

// stamped signs the call in place, which is all that is done to a token call.
func (b *bench) stamped(call *connectors.Call) *connectors.Call {
	if s, ok := b.conn.(connectors.Signer); ok {
		s.Sign(call, signedAt(), nonce)
	}
	return call
}

func copyOf(call *connectors.Call) *connectors.Call {
	out := *call
	if out.Header = call.Header.Clone(); out.Header == nil {
		out.Header = http.Header{}
	}
	out.Body = slices.Clone(call.Body)
	if call.Upload != nil {
		u := *call.Upload
		u.Fields = slices.Clone(u.Fields)
		out.Upload = &u
	}
	return &out
}

// tokenInput is the input of a token case.
type tokenInput struct {
	Now time.Time `json:"now"`
}

// token gets a token as the hub does: the answer is read, and classified when
// it holds none.
func (t *transcript) token(body string) error {
	c, ok := t.conn.(connectors.Tokened)
	var in tokenInput
	if err := input(body, &in, ok); err != nil {
		return err
	}
	call, err := c.TokenCall(in.Now)
	if err != nil {
		t.add("error", err.Error())
		return nil
	}
	if call == nil {
		t.add("nothing", "")
		return nil
	}
	t.add("call", t.callText(t.stamped(copyOf(call))))
	if len(t.answers) == 0 {
		return fmt.Errorf("call %q has no scripted answer", call.Name)
	}
	resp := t.answers[0]
	t.answers = t.answers[1:]
	t.calls = append(t.calls, carried{call: call, resp: resp, token: true})
	token, err := t.readToken(resp)
	if err == nil {
		t.add("token", tokenText(token))
		return nil
	}
	t.add("error", err.Error())
	outcome, err := t.classify(call, resp)
	if err != nil {
		return err
	}
	t.add("outcome", outcomeText(outcome))
	return nil
}

func (b *bench) readToken(resp *connectors.Response) (token connectors.Token, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ReadToken panics: %v", p)
		}
	}()
	return b.conn.(connectors.Tokened).ReadToken(resp)
}

// tokenText writes a token as a golden shows it: what there is, no value.
func tokenText(token connectors.Token) string {
	ttl := ""
	if token.TTL != 0 {
		ttl = token.TTL.String()
	}
	rotated := make(map[string]string, len(token.Rotated))
	for name := range token.Rotated {
		rotated[name] = "{" + name + "}"
	}
	return indent(struct {
		Access  string            `json:"access"`
		TTL     string            `json:"ttl,omitempty"`
		Rotated map[string]string `json:"rotated,omitempty"`
	}{"{" + accessTokenName + "}", ttl, rotated})
}

func uploadText(u *connectors.Upload) string {
	var w strings.Builder
	fmt.Fprintf(&w, "upload %s\nfield: %s\nname: %s\n", u.URL, u.Field, u.Name)
	if u.MIME != "" {
		fmt.Fprintf(&w, "mime: %s\n", u.MIME)
	}
	fmt.Fprintf(&w, "max: %d bytes\n", u.MaxBytes)
	for _, f := range u.Fields {
		value := f.Value
		if strings.ContainsAny(value, "\r\n") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&w, "with %s: %s\n", f.Name, value)
	}
	return w.String()
}

// completeUpload wants an upload that the hub can carry.
func completeUpload(call *connectors.Call) error {
	u, err := url.Parse(call.Upload.URL)
	switch {
	case len(call.Body) > 0:
		return errors.New("it has a body beside its upload")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its upload's address is not an absolute http address")
	case call.Upload.Field == "":
		return errors.New("its upload names no field")
	case call.Upload.MaxBytes <= 0:
		return errors.New("its upload has no MaxBytes: state the platform's bound")
	case call.Header.Get("Content-Type") != "":
		return errors.New("it sets a Content-Type beside its upload, which has the multipart one")
	}
	return nil
}

// checkTokens holds the connector to what token.go asks of it.
func checkTokens(b *bench) error {
	if err := b.stale(); err != nil {
		return err
	}
	if err := b.dressesWell(); err != nil {
		return err
	}
	t, ok := b.conn.(connectors.Tokened)
	if !ok {
		return nil
	}
	call, err := t.TokenCall(signedAt())
	if err != nil {
		return fmt.Errorf("TokenCall: %w", err)
	}
	if call == nil {
		return nil
	}
	if call.Visible {
		return errors.New("getting a token cannot show anything to the peer, but its call is visible")
	}
	if err := b.complete(call); err != nil {
		return fmt.Errorf("call %q: %w", call.Name, err)
	}
	return b.readsTokens()
}

// dressesWell wants Authorize and Sign to change what is sent and nothing that
// says what the call is, and to keep credentials out of addresses.
func (b *bench) dressesWell() error {
	_, tokened := b.conn.(connectors.Tokened)
	_, signer := b.conn.(connectors.Signer)
	if !tokened && !signer {
		return nil
	}
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	for _, c := range all {
		got := b.stamped(copyOf(c.call))
		if !c.token {
			got = b.dressed(c.call)
		}
		if err := b.dressedWell(c.call, got); err != nil {
			return fmt.Errorf("call %q: %w", c.call.Name, err)
		}
	}
	return nil
}

// stale holds the outcomes of all cases to the rule of StaleToken.
func (b *bench) stale() error {
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	for _, c := range all {
		o, err := b.classify(c.call, c.resp)
		if err == nil {
			err = b.soundStale(o)
		}
		if err != nil {
			return fmt.Errorf("call %q: %w", c.call.Name, err)
		}
	}
	return nil
}

func (b *bench) soundStale(o connectors.Outcome) error {
	_, tokened := b.conn.(connectors.Tokened)
	switch {
	case o.StaleToken && o.Verdict != connectors.Retry:
		return fmt.Errorf("StaleToken with verdict %q: it goes with retry alone", o.Verdict)
	case o.StaleToken && !tokened:
		return errors.New("StaleToken of a connector that cannot get a token (Tokened)")
	}
	return nil
}

func (b *bench) dressedWell(plain, got *connectors.Call) error {
	if got.Name != plain.Name || got.Part != plain.Part || got.Visible != plain.Visible || got.Idempotent != plain.Idempotent || got.KnownFor != plain.KnownFor {
		return errors.New("its token or signature changes its name, its part or whether it is visible")
	}
	for name, value := range b.Config.Credentials {
		v := value.Reveal()
		if v != "" && strings.Contains(got.URL, v) && !strings.Contains(plain.URL, v) {
			return fmt.Errorf("its token or signature puts the credential %q into the address, where others log it", name)
		}
	}
	if got.Upload != nil && strings.Contains(got.Upload.URL, accessToken) {
		return errors.New("its token goes into the address of the file to upload, which is not the platform's")
	}
	return nil
}

// readsTokens wants a case that gets a token, and no token out of garbage.
func (b *bench) readsTokens() error {
	got := false
	all, err := b.carriedCalls()
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.token {
			continue
		}
		token, err := b.readToken(c.resp)
		if err != nil {
			continue
		}
		got = true
		if err := b.soundToken(token); err != nil {
			return err
		}
	}
	if !got {
		return errors.New("no case of the operation token gets one")
	}
	for _, status := range []int{200, 400, 401, 500} {
		for _, body := range append(garbage(), b.secretsAsText()...) {
			_, err := b.readToken(&connectors.Response{Status: status, Header: http.Header{}, Body: []byte(body)})
			if err == nil {
				return fmt.Errorf("an answer of %d %q is taken for a token", status, b.mask(body))
			}
			if strings.HasPrefix(err.Error(), "ReadToken panics") {
				return fmt.Errorf("answered %d %q: %w", status, b.mask(body), err)
			}
			if name, ok := b.leak(err.Error()); ok {
				return fmt.Errorf("ReadToken's error holds %q", name)
			}
		}
	}
	return nil
}

// secretsAsText are answers that hold nothing but a credential, which is in no
// platform's format.
func (b *bench) secretsAsText() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(b.Config.Credentials)) {
		out = append(out, b.Config.Credentials[name].Reveal())
	}
	return out
}

// soundToken checks that the token keeps to its own rules.
func (b *bench) soundToken(token connectors.Token) error {
	var form formSchema
	if err := json.Unmarshal(b.Kind.Credentials, &form); err != nil {
		return fmt.Errorf("credentials schema: %w", err)
	}
	switch {
	case token.Access.Empty():
		return errors.New("a token without a value")
	case token.TTL < 0:
		return fmt.Errorf("a token that is good for %s", token.TTL)
	}
	names := slices.Collect(maps.Keys(token.Rotated))
	sort.Strings(names)
	for _, name := range names {
		if _, ok := form.Properties[name]; !ok {
			return fmt.Errorf("the answer replaces %q, which is no credential of the kind", name)
		}
		if token.Rotated[name].Empty() {
			return fmt.Errorf("the answer replaces %q by nothing", name)
		}
	}
	return nil
}
