package conntest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"threadhub/connectors"
)

// flips bounds how many bytes of a body are altered, one at a time.
const flips = 256

func checkSignatures(b *bench) error {
	hooks, err := b.webhooks()
	if err != nil {
		return err
	}
	if err := b.refuseStreamed(hooks); err != nil {
		return err
	}
	for _, h := range overHTTP(hooks) {
		if err := b.conn.Verify(clone(h.req), signedAt()); err != nil {
			return fmt.Errorf("case in/%s: a signed request is refused: %w", h.name, err)
		}
		if b.SecretInBody != "" {
			if err := b.refuseSecrets(h.req); err != nil {
				return fmt.Errorf("case in/%s: %w", h.name, err)
			}
			continue
		}
		proof := b.proof(h.req)
		if len(proof) == 0 {
			return errors.New("the suite's Sign sets neither a header nor a parameter of the query")
		}
		if err := b.refuseProofs(h.req, proof); err != nil {
			return fmt.Errorf("case in/%s: %w", h.name, err)
		}
		if err := b.refuseBodies(h.req); err != nil {
			return fmt.Errorf("case in/%s: %w", h.name, err)
		}
	}
	return nil
}

// proof names what signing sets: headers, and parameters of the query as "?name".
func (b *bench) proof(signed *connectors.Request) []string {
	bare := clone(signed)
	bare.Header, bare.Query = http.Header{}, url.Values{}
	b.Sign(bare, signedAt())
	var names []string
	for name := range bare.Header {
		names = append(names, name)
	}
	for name := range bare.Query {
		names = append(names, "?"+name)
	}
	return names
}

// proven is the value of a part of the proof, and prove changes it.
func proven(req *connectors.Request, name string) string {
	if parameter, ok := strings.CutPrefix(name, "?"); ok {
		return req.Query.Get(parameter)
	}
	return req.Header.Get(name)
}

func prove(req *connectors.Request, name string, values []string) {
	if parameter, ok := strings.CutPrefix(name, "?"); ok {
		delete(req.Query, parameter)
		if values != nil {
			req.Query[parameter] = values
		}
		return
	}
	delete(req.Header, name)
	if values != nil {
		req.Header[name] = values
	}
}

// refused wants ErrSignature for the request.
func (b *bench) refused(req *connectors.Request, how string) error {
	err := b.conn.Verify(req, signedAt())
	switch {
	case err == nil:
		return fmt.Errorf("%s is accepted", how)
	case !errors.Is(err, connectors.ErrSignature):
		return fmt.Errorf("%s is refused with another error: %w", how, err)
	}
	return nil
}

func (b *bench) refuseProofs(signed *connectors.Request, proof []string) error {
	for _, name := range proof {
		value := proven(signed, name)
		forged := map[string][]string{
			"a request without " + name:     nil,
			"an empty " + name:              {""},
			"a forged " + name:              {strings.Repeat("0", len(value))},
			"a shortened " + name:           {value[:len(value)-1]},
			"a lengthened " + name:          {value + "0"},
			"a doubled value in " + name:    {value + "," + value},
			"a forged value before " + name: {strings.Repeat("0", len(value)), value},
		}
		for i := range value {
			altered := []byte(value)
			altered[i] ^= 1
			forged[fmt.Sprintf("%s with byte %d altered", name, i)] = []string{string(altered)}
		}
		for how, values := range forged {
			req := clone(signed)
			prove(req, name, values)
			if err := b.refused(req, how); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseSecrets alters the secret that the body holds.
func (b *bench) refuseSecrets(signed *connectors.Request) error {
	value := b.Config.Credentials[b.SecretInBody].Reveal()
	if !bytes.Contains(signed.Body, []byte(value)) {
		return errors.New("the body does not hold the secret")
	}
	forged := map[string]string{
		"no secret":           "",
		"a forged secret":     strings.Repeat("0", len(value)),
		"a shortened secret":  value[:len(value)-1],
		"a lengthened secret": value + "0",
		"a doubled secret":    value + value,
	}
	for i := range value {
		altered := []byte(value)
		altered[i] ^= 1
		forged[fmt.Sprintf("a secret with byte %d altered", i)] = string(altered)
	}
	for how, other := range forged {
		req := clone(signed)
		req.Body = bytes.ReplaceAll(req.Body, []byte(value), []byte(other))
		if err := b.refused(req, how); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) refuseBodies(signed *connectors.Request) error {
	if !b.SignsBody {
		return nil
	}
	step := max(1, len(signed.Body)/flips)
	for i := 0; i < len(signed.Body); i += step {
		req := clone(signed)
		req.Body[i] ^= 1
		if err := b.refused(req, fmt.Sprintf("a body with byte %d altered", i)); err != nil {
			return err
		}
	}
	longer, shorter := clone(signed), clone(signed)
	longer.Body = append(longer.Body, '\n')
	shorter.Body = shorter.Body[:max(0, len(shorter.Body)-1)]
	if err := b.refused(longer, "a lengthened body"); err != nil || len(signed.Body) == 0 {
		return err
	}
	return b.refused(shorter, "a shortened body")
}

func checkStale(b *bench) error {
	hooks, err := b.webhooks()
	hooks = overHTTP(hooks)
	if err != nil || b.Tolerance == 0 || len(hooks) == 0 {
		return err
	}
	for _, late := range []time.Duration{b.Tolerance + time.Second, -b.Tolerance - time.Second} {
		err := b.conn.Verify(hooks[0].req, signedAt().Add(late))
		if !errors.Is(err, connectors.ErrSignature) {
			return fmt.Errorf("verified %s after its signed time: %v", late, err)
		}
	}
	return nil
}
