package zalo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"threadhub/connectors"
)

const (
	signatureHeader = "X-Zevent-Signature"
	timeHeader      = "X-Zevent-Timestamp"
	// serverHeader names the part of Zalo that an event comes from.
	serverHeader = "X-Zevent-Server"
)

// signed is what of a body goes into its signature again.
type signed struct {
	AppID     text `json:"app_id"`
	OAID      text `json:"oa_id"`
	Timestamp text `json:"timestamp"`
}

// Verify compares the signature, a plain SHA-256 of the app's id, the body, the
// time and the OA secret key one behind the other. Some deployments begin with
// the account's id, and the time is that of a header or of the body: all are
// tried (platforms/zalo: signature). The time proves nothing, for Zalo repeats an
// event hours later with the same one: a replay is known by its ids.
func (a *account) Verify(req *connectors.Request, _ time.Time) error {
	headers := req.Header.Values(signatureHeader)
	if len(headers) != 1 || headers[0] == "" {
		return fmt.Errorf("zalo: one %s header is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	given := strings.TrimPrefix(headers[0], "mac=")
	var body signed
	if json.Unmarshal(req.Body, &body) != nil {
		return fmt.Errorf("zalo: the body is not JSON: %w", connectors.ErrSignature)
	}
	ok := false
	for _, id := range distinct(string(body.AppID), string(body.OAID), a.appID, a.oaID) {
		for _, stamp := range distinct(req.Header.Get(timeHeader), string(body.Timestamp)) {
			for _, key := range a.keys {
				// All are tried, so that the time taken tells nothing.
				ok = connectors.NewSecret(sign(id, req.Body, stamp, key)).Equal(given) || ok
			}
		}
	}
	if !ok {
		return fmt.Errorf("zalo: %w", connectors.ErrSignature)
	}
	return nil
}

// distinct are the values there are, each once; a single empty one if there is
// none.
func distinct(values ...string) []string {
	kept := values[:0:0]
	for _, v := range values {
		seen := v == ""
		for _, k := range kept {
			seen = seen || k == v
		}
		if !seen {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		kept = append(kept, "")
	}
	return kept
}

func sign(id string, body []byte, stamp string, key connectors.Secret) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(id), body, []byte(stamp), []byte(key.Reveal())} {
		_, _ = h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Handshake answers the empty object that Zalo sends, without a signature, when
// an admin saves the address.
func (a *account) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodPost || string(bytes.TrimSpace(req.Body)) != "{}" {
		return connectors.Reply{}, false
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: []byte("ok")}, true
}
