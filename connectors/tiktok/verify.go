package tiktok

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"threadhub/connectors"
)

// signatureHeader reads "t=<unix s>,s=<hex>", in either order (platforms/tiktok:
// signature).
const signatureHeader = "Tiktok-Signature"

// tolerance is how far the signed time may be from ours. TikTok leaves it open.
const tolerance = 5 * time.Minute

// Verify compares the HMAC of the time and the body with that of the current and
// the previous app secret.
func (a *account) Verify(req *connectors.Request, now time.Time) error {
	stamp, given, ok := pairs(req.Header.Values(signatureHeader))
	if !ok {
		return fmt.Errorf("tiktok: one %s header with t and s is needed: %w", signatureHeader, connectors.ErrSignature)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return fmt.Errorf("tiktok: its time is too far from the hub's, check the hub's clock: %w", connectors.ErrSignature)
	}
	ok = false
	for _, key := range a.keys {
		// All are tried, so that the time taken tells nothing.
		ok = hmac.Equal([]byte(sign(key, stamp, req.Body)), []byte(given)) || ok
	}
	if !ok {
		return fmt.Errorf("tiktok: %w", connectors.ErrSignature)
	}
	return nil
}

// pairs takes the header apart. Each name may stand there once; others are left
// alone.
func pairs(headers []string) (stamp, signature string, ok bool) {
	if len(headers) != 1 {
		return "", "", false
	}
	for pair := range strings.SplitSeq(headers[0], ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case name == "t" && stamp == "":
			stamp = value
		case name == "s" && signature == "":
			signature = value
		case name == "t" || name == "s":
			return "", "", false
		}
	}
	return stamp, signature, stamp != "" && signature != ""
}

func sign(key connectors.Secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp))
	mac.Write([]byte("."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
