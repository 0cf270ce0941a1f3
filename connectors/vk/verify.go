package vk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"threadhub/connectors"
)

const typeConfirmation = "confirmation"

// proof is what each webhook proves its origin by.
type proof struct {
	Type   string  `json:"type"`
	Group  int64   `json:"group_id"`
	Secret *string `json:"secret"`
}

// Verify demands the secret and the community's id in the body: VK signs
// nothing and sends no time. A repetition is known by its event_id.
func (c *community) Verify(req *connectors.Request, _ time.Time) error {
	var p proof
	if json.Unmarshal(req.Body, &p) != nil || p.Secret == nil || *p.Secret == "" {
		return fmt.Errorf("vk: the body holds no secret: %w", connectors.ErrSignature)
	}
	if known := c.knows(*p.Secret); !known || p.Group != c.group {
		return fmt.Errorf("vk: %w", connectors.ErrSignature)
	}
	return nil
}

// knows compares with the current and the previous secret, always with both, so
// that the time does not tell which it was.
func (c *community) knows(secret string) bool {
	known := false
	for _, s := range c.secrets {
		known = s.Equal(secret) && !s.Empty() || known
	}
	return known
}

// Handshake answers the question whether the address is the community's. VK may
// ask it before a secret is set; with one that is wrong, or for another
// community, it is no handshake of this channel's.
func (c *community) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	if req.Method != http.MethodPost {
		return connectors.Reply{}, false
	}
	var p proof
	if json.Unmarshal(req.Body, &p) != nil || p.Type != typeConfirmation || p.Group != c.group {
		return connectors.Reply{}, false
	}
	if p.Secret != nil && *p.Secret != "" && !c.knows(*p.Secret) {
		return connectors.Reply{}, false
	}
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(c.confirmation.Reveal())}, true
}

// Acknowledge answers the word that VK takes for success, and no other.
func (c *community) Acknowledge(*connectors.Request) connectors.Reply {
	return connectors.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: []byte("ok")}
}
